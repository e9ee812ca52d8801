//! Descriptions of the endpoints of imports for OpenAPI.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    apply::Applying,
    http::{ENDPOINTS, NDJSON, XLSX},
    report::RowOutcome,
};
use crate::{
    problem::Code,
    staff::requests::Promise,
    web::contract::{Operation, Schemas, path_parameter, query_parameter, repeated_parameter, schema},
};

/// The group of these operations.
pub const TAG: (&str, &str) = ("imports", "导入 · Imports");

/// 导入
#[derive(Serialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportDocument {
    /// 导入标识
    #[schema(example = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")]
    id: String,
    /// 状态: `checked` 已试运行, `applied` 已生成草稿.
    #[schema(example = "checked")]
    state: String,
    /// 文件: its name and size.
    file: FileDocument,
    /// 记录类别: as it was said with the file.
    kind: Option<String>,
    /// 变更序号: of the register with which it was compared.
    seq: i64,
    /// 各结果的行数
    counts: ImportCounts,
    /// 草稿数: once it is applied.
    drafts: Option<i64>,
    /// 导入人
    #[schema(example = "editor")]
    account: String,
    /// 导入时间
    created_at: String,
    /// 生成草稿的时间
    applied_at: Option<String>,
    /// 链接
    #[schema(value_type = Map<String, String>)]
    links: Value,
    /// 逐行结果: not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<ImportRow>>,
    /// 已生成的草稿: in the answer to applying.
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<ImportedRecord>>,
}

/// 导入的文件
#[derive(Serialize, ToSchema)]
#[schema(as = ImportedFile)]
pub struct FileDocument {
    /// 文件名
    #[schema(example = "权力清单.xlsx")]
    name: String,
    /// 大小（字节）
    size: u64,
}

/// 各结果的行数
#[derive(Serialize, ToSchema)]
pub struct ImportCounts {
    /// 新增
    new: u64,
    /// 变更
    changed: u64,
    /// 未变化
    unchanged: u64,
    /// 退回
    refused: u64,
    /// 忽略
    ignored: u64,
    /// 移除的值: how many values would leave the register, a count of values and not of rows.
    #[schema(example = 2)]
    removed: u64,
    /// 提交前须补充的行: new or changed rows (`missing_for_submission`) of which the drafts cannot be submitted before more is mended;
    /// absent of imports of before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    incomplete: Option<u64>,
}

/// 一行的结果
#[derive(Serialize, ToSchema)]
pub struct ImportRow {
    /// 工作表: of JSON the name of the list.
    #[schema(example = "权力清单")]
    sheet: String,
    /// 行号: as a spreadsheet counts; of JSON the place in the list.
    #[schema(example = 9)]
    row: u32,
    /// 结果: `new` 新增, `changed` 变更, `unchanged` 未变化, `refused` 退回, `ignored` 忽略.
    #[schema(example = "changed")]
    outcome: String,
    /// 记录类别
    #[schema(example = "item")]
    kind: String,
    /// 编码
    #[schema(example = "11350121003619116B5000117002000")]
    key: Option<String>,
    /// 变更内容
    changes: Vec<ImportChange>,
    /// 移除的内容: the fields of which the row takes values out of the register.
    removed: Vec<ImportRemoval>,
    /// 退回的原因
    problems: Vec<ImportProblem>,
    /// 自动规范的内容: never a reason to refuse.
    notices: Vec<ImportNotice>,
    /// 草稿尚有的问题: rules of severity error that the draft would break by what the row does not say.
    draft_problems: Vec<String>,
    /// 草稿尚有的问题及改法: of a row that changes a record the first ten of `draft_problems`, each with the pointer of its field in the
    /// draft as its `cell`.
    draft_errors: Vec<ImportProblem>,
    /// 提交前须补充
    missing_for_submission: bool,
    /// 出自较早的版本: absent unless the file is an export of an older revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    outdated: Option<ImportOutdated>,
}

/// 较早版本的行
#[derive(Serialize, ToSchema)]
pub struct ImportOutdated {
    /// 出自的版本
    #[schema(example = 1)]
    base_revision: i64,
    /// 现行版本
    #[schema(example = 2)]
    revision: i64,
    /// 其间修改的字段: `pointer` and `label` of each.
    #[schema(value_type = Vec<Map<String, String>>)]
    fields: Vec<Value>,
    /// 说明
    message: String,
}

/// 一处变更
#[derive(Serialize, ToSchema)]
pub struct ImportChange {
    /// 单元格: of JSON the pointer.
    #[schema(example = "J9")]
    cell: String,
    /// 字段
    #[schema(example = "promised_limit")]
    field: String,
    /// 字段位置: RFC 6901.
    #[schema(example = "/promised_limit")]
    pointer: String,
    /// 字段名称
    #[schema(example = "承诺办结时限")]
    label: String,
    /// 原值
    #[schema(value_type = Option<Value>)]
    from: Value,
    /// 新值
    #[schema(value_type = Option<Value>)]
    to: Value,
}

/// 一处移除
#[derive(Serialize, ToSchema)]
pub struct ImportRemoval {
    /// 单元格: of JSON the pointer.
    #[schema(example = "J9")]
    cell: String,
    /// 字段
    #[schema(example = "responsibilities")]
    field: String,
    /// 字段位置: RFC 6901.
    #[schema(example = "/responsibilities/2")]
    pointer: String,
    /// 字段名称
    #[schema(example = "责任事项")]
    label: String,
    /// 移除的值: of a list the elements that go.
    #[schema(example = 1)]
    values: u64,
}

/// 退回的一个原因
#[derive(Serialize, ToSchema)]
pub struct ImportProblem {
    /// 单元格: of JSON the pointer.
    #[schema(example = "J47")]
    cell: String,
    /// 字段名称: the header of its column in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "承诺办结时限")]
    label: Option<String>,
    /// 规则代码: `/problems` explains it.
    #[schema(example = "promise-exceeds-legal")]
    rule: String,
    /// 说明
    message: String,
    /// 补救
    remedy: String,
    /// 首次出现的行: of a double row.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_row: Option<u32>,
    /// 表中的位置: of `draft_errors`, the cell in which the file speaks of that field; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "流程图·节点!A2")]
    in_file: Option<String>,
}

/// 一处自动规范
#[derive(Serialize, ToSchema)]
pub struct ImportNotice {
    /// 单元格
    #[schema(example = "K5")]
    cell: String,
    /// 代码: `folded`, `empty-word`, `money-read`, `date-serial`, `footer-row`, `row-continued`, `list-split`, `list-whole`,
    /// `kept`, `name-not-read`, `not-read`, `row-not-read`, `of-register`, `no-header`, `hidden-row`, `hidden-column`, `hidden-sheet`,
    /// `named`, `from-library`, `supplied`, `outdated`, `name-read`, `name-known`, `not-in-force`, `found-by-name`, `digits-restored`, `bases-split`, `rewritten`.
    #[schema(example = "empty-word")]
    code: String,
    /// 说明
    message: String,
}

/// 已生成的草稿
#[derive(Serialize, ToSchema)]
pub struct ImportedRecord {
    /// 记录类别
    kind: String,
    /// 编码
    key: String,
    /// 调整类型
    action: String,
    /// 草稿标识
    draft: String,
}

/// 导入列表
#[derive(Serialize, ToSchema)]
pub struct ImportList {
    /// 导入: your own, the newest first, without rows.
    items: Vec<ImportDocument>,
    /// 总数
    total: usize,
    /// 上传限制
    limits: ImportLimits,
}

/// 上传限制
#[derive(Serialize, ToSchema)]
pub struct ImportLimits {
    /// 字节数: of a file at most.
    bytes: u64,
    /// 行数: of a sheet, or records of a file without sheets.
    rows: u64,
    /// 合计行数: of all sheets of a workbook together.
    rows_together: u64,
    /// 列数: of a sheet.
    columns: u64,
    /// 格式
    formats: Vec<String>,
}

/// Every operation.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<ImportDocument>();
    schemas.add::<ImportList>();
    schemas.add::<Applying>();
    let operations = PROMISES.iter().filter_map(|promise| {
        let operation = promise.operation(TAG.0, ENDPOINTS)?;
        Some(with_files(promise.action, operation))
    });
    operations.collect()
}

const PROMISES: &[Promise] = &[
    Promise {
        action: "import.check",
        summary: "导入试运行 · Look at a file",
        description: &[CHECKING],
        answer: Some(|| schema("Import")),
        parameters: || vec![kind(), name(), columns(), defaults()],
        refuses: &[Code::QuotaFull],
        succeeds: &[(201, "已试运行 · The report; nothing else was written. `Location` is its address")],
        ..Promise::NOTHING
    },
    Promise {
        action: "import.list",
        summary: "导入列表 · Your imports",
        description: &[
            "Your own imports, the newest first, without their rows; and what a file may be, to know before it is sent. An import is \
             kept for 30 days.",
        ],
        answer: Some(|| schema("ImportList")),
        ..Promise::NOTHING
    },
    Promise {
        action: "import.template",
        summary: "导入模板 · A template",
        description: &[
            "A workbook to fill in for one kind of record (`item` when none is given): a sheet for the records and one for each of their \
             lists, with notes in Chinese, drop-downs, and a worked example on a sheet that imports pass over. The columns that must be \
             filled in come first, the others are folded where they are many. Organisations, places, legal instruments and fees are \
             chosen from those that are registered, as `code｜name`; an import reads the code.",
            "With `organisation` the records of that organisation that are in force stand in it as they are: what is changed there and sent \
             back is all that changes. Of kinds that belong to no organisation 400 `only-with`.",
        ],
        answer: Some(binary),
        parameters: || vec![kind(), organisation()],
        refuses: &[Code::NotFound],
        ..Promise::NOTHING
    },
    Promise {
        action: "import.read",
        summary: "导入结果 · One import",
        description: &[
            "The report, row by row, 10 000 rows at a time: `links.next` leads to those that follow. Only the importer's own.",
        ],
        answer: Some(|| schema("Import")),
        parameters: || vec![id(), outcome(), after()],
        refuses: &[Code::NotFound],
        ..Promise::NOTHING
    },
    Promise {
        action: "import.discard",
        summary: "删除导入 · Forget an import",
        description: &["Removes file and report. Drafts that were made stay."],
        parameters: || vec![id()],
        refuses: &[Code::NotFound],
        ..Promise::NOTHING
    },
    Promise {
        action: "import.report",
        summary: "带标注的工作簿 · The workbook with remarks",
        description: &[
            "The file as a workbook with what became of its rows: cells coloured (red refused, blue changed, green new, yellow \
             normalised), each with a note that says why and what to write instead, and the same in words in a last column. The first \
             sheet sums up: how many rows of each sheet came to what, why rows were refused, and how the cells of each column were read. Headers stay in view and have filters. 410 once \
             an erasure has taken the file away.",
        ],
        answer: Some(binary),
        parameters: || vec![id()],
        refuses: &[Code::NotFound, Code::Gone],
        ..Promise::NOTHING
    },
    Promise {
        action: "import.apply",
        summary: "生成草稿 · Make the drafts",
        description: &[
            "Makes a draft of every record that is new or changed, in one transaction: all of them or none. Refused rows stay out: mend \
             them in the file and send it again, when what was drafted meanwhile is told as `draft-open`. 409 names the records that \
             cannot be drafted any more because the register has changed since the dry run, and says where no draft comes of the import at \
             all. `reason` and `document` go into every draft; \
             where the import changes records that the register has, both are required (422, with an example).",
            "An import that takes values out of the register (`counts.removed`, and `removed` on each row) is refused with \
             `removals-not-allowed` and their number, unless it is applied with `removals=allow`.",
        ],
        answer: Some(|| schema("Import")),
        parameters: || vec![id(), removals()],
        sends: Some(("ImportApplication", application)),
        refuses: &[Code::NotFound, Code::StateConflict, Code::RemovalsNotAllowed, Code::QuotaFull],
        succeeds: &[(201, "已生成草稿 · Drafted")],
        ..Promise::NOTHING
    },
];

fn id() -> Value {
    path_parameter("id", "导入标识 · Id of the import.", "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")
}

fn kind() -> Value {
    let text = json!({ "type": "string" });
    query_parameter("kind", "记录类别 · Kind of the records, such as `item` or `fee`.", text, "item")
}

fn organisation() -> Value {
    query_parameter(
        "organisation",
        "机构 · Code of the organisation whose records stand in the template.",
        json!({ "type": "string" }),
        "11350121003619116B",
    )
}

fn name() -> Value {
    query_parameter("name", "文件名称 · What the file is called.", json!({ "type": "string" }), "权责清单.xlsx")
}

fn columns() -> Value {
    query_parameter(
        "columns",
        "表头对照 · Fields of headers that are not known by themselves: an object in JSON from header to field, empty for a column that is \
         not to be read. It may also be a field of the form.",
        json!({ "type": "string" }),
        "{\"权责名称\":\"name\",\"备注\":\"\"}",
    )
}

fn defaults() -> Value {
    query_parameter(
        "defaults",
        "补充内容 · Values of new records where the file says none: a list in JSON of `kind`, `when` (fields with one of these values; may be \
         absent) and `body`, used in their order. It may also be a field of the form.",
        json!({ "type": "string" }),
        "[{\"kind\":\"item\",\"when\":{\"category\":\"public_service\"},\"body\":{\"visits\":1}}]",
    )
}

fn outcome() -> Value {
    let values = json!({ "type": "string", "enum": RowOutcome::ALL.map(RowOutcome::value) });
    repeated_parameter("outcome", "只看这些结果的行 · Only rows that came to this.", values, "refused")
}

fn after() -> Value {
    query_parameter(
        "after",
        "略过的行数 · How many rows are passed over; `links.next` of the answer has it.",
        json!({ "type": "integer", "minimum": 0 }),
        "10000",
    )
}

fn removals() -> Value {
    let values = json!({ "type": "string", "enum": ["allow"] });
    query_parameter("removals", "允许移除 · Values may be taken out of the register.", values, "allow")
}

fn application() -> Value {
    json!({ "reason": "年度清单核对", "document": { "title": "关于公布权责清单的通知" } })
}

fn binary() -> Value {
    json!({ "type": "string", "format": "binary" })
}

/// Adds the media types of an operation that takes a file, or answers with one.
fn with_files(action: &str, mut operation: Operation) -> Operation {
    match action {
        "import.check" => {
            let file = json!({ "type": "string", "format": "binary", "description": "文件: xlsx, xls, et, csv, json or ndjson, with its name." });
            let form = json!({
                "type": "object", "required": ["file"],
                "properties": { "file": file, "kind": { "type": "string", "description": "记录类别: of a csv." },
                    "columns": { "type": "string", "description": "表头对照: an object in JSON from header to field." },
                    "defaults": { "type": "string", "description": "补充内容: a list in JSON of `kind`, `when`, `body`." } },
            });
            operation
                .sent_like("multipart/form-data", form, json!({ "file": "权力清单.xlsx" }))
                .sent_as(XLSX, binary())
                .sent_as("text/csv", binary())
                .sent_as("application/json", json!({}))
                .sent_as(NDJSON, json!({ "type": "string" }))
                .sent_as("application/octet-stream", binary())
        }
        "import.template" | "import.report" => {
            operation.answers = vec![(XLSX, binary())];
            operation
        }
        _ => operation,
    }
}

const CHECKING: &str = "\
A dry run: says row by row what the file would do, and writes nothing but this report. xlsx, xls and et, csv (UTF-8, GB18030 or \
UTF-16; comma, semicolon, tab, or what `sep=` says), json and ndjson are told by their content; `kind` says of which kind the records of a csv are.

Sheets are known by their headers: those of the templates and of our exports, and those that offices use for power, responsibility \
and service lists, merged two-level headers included. **What a sheet has no column for stays as it is in the register**; an empty \
cell says that there is nothing. All rows of one record, on whatever sheets, are taken together: rows below an item whose code is \
merged, empty or repeated add to its lists (`row-continued`), and are refused (`rows-contradict`) where they say something else of \
what has one value. A record in JSON is the whole body.

**What a file does not clearly say is never read as an order to remove something.** `counts.removed` says how many values would leave \
the register, `removed` of a row which; applying such an import asks for `removals=allow`. A cell that points elsewhere (同上, 见附件, \
待定) is refused (`cell-elsewhere`), and so is one whose formula failed.

A formula whose result is not in the file refuses its row (`formula-without-result`): open the file in Excel or WPS and save it. Rows \
and columns that are hidden or filtered out are read and told (`hidden-row`, `hidden-column`); hidden sheets are not read \
(`hidden-sheet`).

Reading is tolerant and says so in `notices`: full width, spaces, dates in words or serial numbers, 无 and 免费, amounts with their \
units. Accepting is strict: a row is `refused` with the cell, the rule and what to write instead when something in it breaks a \
rule of severity error. What the row does not say but its draft would need is told in `draft_problems`, in words in \
`draft_errors` (with the cell in which the file speaks of it), and by `missing_for_submission`; it can be mended in the draft, which \
cannot be submitted before: `counts.incomplete` counts these rows. A header that nobody knows is a refused row of its own, which names the \
three nearest, and the column is not read; `columns` says what it is. Marks (`*`), notes and units in brackets are no part of a \
header; a unit serves the bare numbers below it. Nothing is passed over without a word: a sheet that was not read is an `ignored` \
row (`not-read`), and so are headings between rows and rows with a number alone (`row-not-read`), columns of the register's own (`of-register`) and columns with \
values but no header (`no-header`).

An exported workbook can be edited on any sheet. The lists as offices print them (权力清单, 责任清单, 公共服务事项清单) are compared \
with how the register would print the item now: an equal cell says nothing, however little of the item it shows, and a cell that was \
edited is a change of its field. Of a list in one cell (`…；…`, telephone and window) only the part that was edited changes; what the \
cell does not show stays, and `kept` says where the register has more than the cell. A printed list and a sheet of data that both \
differ from the register, and from each other, are both refused (`sheets-contradict`) with both values and places.

**The first load.** While no item was ever published, organisations and legal instruments that items name and nobody has become \
records of their own, before the items: what code, name and title say (`named`), or as the library of laws has them \
(`from-library`); what is missing is a finding of grade warning on the draft (`record-incomplete`). `defaults` says what holds for \
new records where the file says nothing (`supplied`). A record whose own row was refused is not made of its rows on other sheets \
(`own-row-missing`).

**An older file.** Our exports and filled templates carry the revision (`meta.revision`) or the state of the register (`#end`). Where a record was changed \
since, `outdated` on the row names the fields, and only what the file itself changes of the revision that it shows is proposed.

**Names instead of codes.** Organisations, legal instruments (with or without 《》, with the number of the document or a note on \
the version), places, fees and intermediaries may be named by their name, exactly or by its end, where only one can be meant \
(`name-read`); of several the finding lists codes and names (`name-ambiguous`). Items of a list without codes are found by name and \
organisation (`found-by-name`): look whether they are the ones. A code of which a spreadsheet dropped digits (`105001000`, `1.23501E+17`) \
is read as the one that the register has there, or as that of the only record that fits (`digits-restored`); else it is refused.

**Columns of 权责清单.** 责任事项依据 and 追责依据 go to the duties or cases one by one, or one to all; 实施层级及权限 is the level, or what \
each level does (`exercise_content`); 子项 is the name of the item, and the name beside it that of its main item. A cell with whole bases \
(`1.《…》第×条：…`) is taken apart into instrument, article and text (`bases-split`), or refused with the place that is not understood \
(`basis-unclear`). 备注 and 追责对象范围 are no fields: they are told with the fields in which that may stand.

Numbered lists (`1.…2.…`, `（一）…（二）…`, `①…②…`) are taken apart also where they stand on one line, if their numbers run on from the \
first (`list-split`); else they are one element (`list-whole`), and so they are where entries of the register have such numbers in them.

A file has at most 64 MiB unless configured; a sheet 50 000 rows and 500 columns, all sheets of a workbook together 150 000 rows; \
an archive that unpacks to more than it should, or to more strings, styles, names or cells than a table needs, is refused \
unread. Few files are looked at at a time, large ones alone: 503 with `Retry-After` says when to come again. What is kept counts \
against the quota of the office (`quota-full`). An upload that is cut short leaves nothing: send it again, with the same `Idempotency-Key` if you like.

Example · 示例: `curl -H \"Authorization: Bearer $TOKEN\" -F 'file=@权责清单.xlsx' …/v1/imports`";
