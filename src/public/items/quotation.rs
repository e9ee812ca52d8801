//! The document of a quotation, and what the register holds of those whom it names.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    model::{
        fees::{Limit, QuoteLine, TierPart, money, plain},
        instruments::{Basis, LegalInstrument},
    },
    problem::{Detail, Language},
    register::{catalog::Snapshot, changes::Seq},
    values::code_lists::{self, Pricing},
};

/// 双语文字
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Told)]
pub struct BothLanguages {
    /// 中文
    #[schema(example = "本事项不收费。")]
    pub zh: String,
    /// 英文
    #[schema(example = "This item is free of charge.")]
    pub en: String,
}

/// 收费试算: what an item costs in given circumstances.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FeeQuote {
    /// 事项
    pub item: QuotedItem,
    /// 计算日期: the day whose fees these are, in China.
    #[schema(example = "2026-11-24")]
    pub on: NaiveDate,
    /// 币种
    #[schema(example = "CNY")]
    pub currency: &'static str,
    /// 应缴合计（元）: the sum of all lines of all fees.
    #[schema(example = "120.00")]
    pub total: String,
    /// 结论
    pub statement: BothLanguages,
    /// 提示: of an item that is suspended, cancelled or merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<BothLanguages>,
    /// 已给出的情况
    pub given: Vec<GivenParameter>,
    /// 收费项目
    pub fees: Vec<QuotedFee>,
    /// 链接
    #[schema(value_type = Map<String, String>)]
    pub links: Map<String, Value>,
}

/// 试算的事项
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuotedItem {
    /// 事项编码
    #[schema(example = "12350121488101808K5352011009000")]
    pub code: String,
    /// 事项名称
    #[schema(example = "农村公益性骨灰堂安放登记")]
    pub name: String,
    /// 状态
    #[schema(value_type = code_lists::Code)]
    pub status: &'static code_lists::Code,
    /// 是否收费
    #[schema(value_type = code_lists::Code)]
    pub charge: &'static code_lists::Code,
    /// 修订号: of the text that was read.
    #[schema(example = 1)]
    pub revision: i64,
    /// 变更序号: of that revision.
    #[schema(example = 80)]
    pub seq: Seq,
    /// 展示序号: of the last change of what the item shows.
    #[schema(example = 80)]
    pub shown_seq: Seq,
}

/// 已给出的情况
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GivenParameter {
    /// 参数名
    #[schema(example = "months")]
    pub parameter: String,
    /// 中文名称
    #[schema(example = "存放月数")]
    pub label: String,
    /// 值: as it was understood.
    #[schema(example = "13")]
    pub value: String,
    /// 值的中文名称: of a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_label: Option<String>,
    /// 单位
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "month")]
    pub unit: Option<String>,
}

/// 一个收费项目的试算
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuotedFee {
    /// 收费编码
    #[schema(example = "fee-columbarium")]
    pub code: String,
    /// 收费项目
    #[schema(example = "农村公益性骨灰堂管理费")]
    pub name: String,
    /// 收费性质
    #[schema(value_type = code_lists::Code)]
    pub kind: &'static code_lists::Code,
    /// 是否收取: whether it is charged on that day.
    pub charged: bool,
    /// 不收取的原因: not begun, ended, suspended or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_charged_because: Option<BothLanguages>,
    /// 小计（元）: the sum of its lines.
    #[schema(example = "120.00")]
    pub total: String,
    /// 计费明细: what is charged, then what is taken off.
    pub lines: Vec<QuotedLine>,
    /// 定价方式
    #[schema(value_type = code_lists::Code)]
    pub pricing: &'static code_lists::Code,
    /// 谁定价: as far as the record tells.
    pub price_set_by: BothLanguages,
    /// 收费依据
    pub legal_bases: Vec<QuotedBasis>,
    /// 收费主体: who collects it.
    pub collected_by: Collector,
    /// 资金管理方式: where the money goes.
    #[schema(value_type = code_lists::Code)]
    pub fund_management: &'static code_lists::Code,
    /// 缴费对象
    #[schema(value_type = Vec<code_lists::Code>)]
    pub payer: Vec<&'static code_lists::Code>,
    /// 执行期限起
    pub valid_from: NaiveDate,
    /// 执行期限止
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
    /// 说明
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// 修订号: of the fee that was read.
    #[schema(example = 1)]
    pub revision: i64,
    /// 变更序号: of that revision.
    #[schema(example = 70)]
    pub seq: Seq,
    /// 链接: to the fee.
    #[schema(example = "/v1/fees/fee-columbarium")]
    pub link: String,
}

/// 计费明细: one line.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuotedLine {
    /// 标识: of the rule or the reduction.
    #[schema(example = "year")]
    pub id: String,
    /// 名称
    #[schema(example = "按年管理费（不足一年按一年）")]
    pub name: String,
    /// 类别: `charge` or `reduction`.
    #[schema(example = "charge")]
    pub kind: &'static str,
    /// 计算方式: a value of the code list `fee_rule` or `fee_reduction`.
    #[schema(value_type = code_lists::Code)]
    pub method: &'static code_lists::Code,
    /// 算式: so that anybody can compute it again.
    pub arithmetic: BothLanguages,
    /// 计费单位
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "year")]
    pub unit: Option<String>,
    /// 未取整金额（元）: exact; below 0 for a reduction.
    #[schema(example = "120.00")]
    pub exact: String,
    /// 金额（元）: rounded half-up to 0.01.
    #[schema(example = "120.00")]
    pub amount: String,
    /// 适用的限额: the least or the most that took the place of what was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<QuotedLimit>,
    /// 适用的档次
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<QuotedTier>,
    /// 政府指导价的浮动范围
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<QuotedRange>,
    /// 依据: of a reduction its own, of a charge the bases of its fee; absent where the record has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "《福建省殡葬管理办法》")]
    pub basis: Option<String>,
}

/// 适用的限额
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuotedLimit {
    /// 种类: `min` or `max`.
    #[schema(example = "max")]
    pub kind: &'static str,
    /// 金额（元）
    #[schema(example = "500.00")]
    pub amount: String,
}

/// 适用的档次
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuotedTier {
    /// 起（不含）
    #[schema(example = "0")]
    pub from: String,
    /// 止（含）: null for the last.
    #[schema(example = "180")]
    pub to: Option<String>,
    /// 落在本档的数量
    #[schema(example = "180")]
    pub quantity: String,
    /// 单价
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1.60")]
    pub rate: Option<String>,
    /// 定额（元）
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// 未取整金额（元）
    #[schema(example = "288.00")]
    pub exact: String,
}

/// 浮动范围: what may be charged at least and at most.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuotedRange {
    /// 最低（元）
    #[schema(example = "259.20")]
    pub lowest: String,
    /// 最高（元）
    #[schema(example = "288.00")]
    pub highest: String,
}

/// 收费依据
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuotedBasis {
    /// 法律法规文件
    #[schema(example = "lex-shf")]
    pub instrument: String,
    /// 文件名称
    #[schema(example = "中华人民共和国水法")]
    pub title: Option<String>,
    /// 文号
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// 制定机关
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// 效力级别
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<code_lists::Code>)]
    pub level: Option<&'static code_lists::Code>,
    /// 条款
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "第五十五条")]
    pub article: Option<String>,
    /// 引用: title, number and article as they are cited.
    #[schema(example = "《中华人民共和国水法》第五十五条")]
    pub citation: String,
    /// 条文
    pub text: String,
    /// 条文形式
    #[schema(value_type = code_lists::Code)]
    pub text_kind: &'static code_lists::Code,
    /// 链接
    #[schema(example = "/v1/legal-instruments/lex-shf")]
    pub link: String,
}

/// 收费主体
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Collector {
    /// 类别: `organisation` or `intermediary`.
    #[schema(example = "organisation")]
    pub kind: &'static str,
    /// 统一社会信用代码
    #[schema(example = "12350121488101808K")]
    pub code: String,
    /// 名称
    pub name: String,
    /// 链接
    pub link: String,
}

impl BothLanguages {
    /// A text in both languages.
    pub(super) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The one in this language.
    pub fn text(&self, language: Language) -> &str {
        language.choose(&self.zh, &self.en)
    }
}

impl From<Detail> for BothLanguages {
    fn from(detail: Detail) -> Self {
        Self { zh: detail.chinese, en: detail.english }
    }
}

/// A line as it is answered; a charge rests on what its fee rests on.
pub(super) fn shown_line(line: QuoteLine, rests_on: Option<&String>) -> QuotedLine {
    let limit = line.limit.map(|limit| match limit {
        Limit::Least(amount) => QuotedLimit { kind: "min", amount },
        Limit::Most(amount) => QuotedLimit { kind: "max", amount },
    });
    let range = line.range.map(|range| QuotedRange { lowest: money(range.lowest), highest: money(range.highest) });
    QuotedLine {
        id: line.id,
        name: line.name,
        kind: if line.reduces { "reduction" } else { "charge" },
        method: line.method,
        arithmetic: line.arithmetic.into(),
        unit: line.unit,
        exact: money(line.exact),
        amount: money(line.amount),
        limit,
        tiers: line.tiers.into_iter().map(shown_tier).collect(),
        range,
        basis: line.basis.or_else(|| rests_on.cloned()),
    }
}

fn shown_tier(part: TierPart) -> QuotedTier {
    QuotedTier {
        from: part.tier.from.to_string(),
        to: part.tier.to.map(String::from),
        quantity: plain(part.quantity),
        rate: part.tier.rate.map(String::from),
        amount: part.tier.amount.map(String::from),
        exact: money(part.exact),
    }
}

/// A legal basis with what the register holds of the instrument.
pub(super) fn cited(snapshot: &Snapshot, basis: &Basis) -> QuotedBasis {
    let code = basis.instrument.as_str();
    let body = snapshot.get("legal_instrument", code).and_then(|entry| entry.body().ok().flatten());
    let instrument = body.and_then(|body| serde_json::from_str::<LegalInstrument>(&body).ok());
    let article = basis.article.as_ref().map(|article| article.chinese());
    let titled = instrument.as_ref().map_or_else(|| code.to_owned(), |known| format!("《{}》", known.title));
    let numbered =
        instrument.as_ref().and_then(|known| known.document_number.as_ref()).map(|number| format!("（{number}）"));
    let citation = [Some(titled), numbered, article.clone()].into_iter().flatten().collect();
    let instrument = instrument.as_ref();
    QuotedBasis {
        instrument: code.to_owned(),
        title: instrument.map(|known| known.title.clone()),
        number: instrument.and_then(|known| known.document_number.clone()),
        issuer: instrument.and_then(|known| known.issuer.clone()),
        level: instrument.map(|known| known.level.code()),
        article,
        citation,
        text: basis.text.clone(),
        text_kind: basis.text_kind.code(),
        link: format!("/v1/legal-instruments/{code}"),
    }
}

/// Names the collector of a fee.
pub(super) fn collector(snapshot: &Snapshot, code: &str) -> Collector {
    let found = snapshot.get("organisation", code).map(|entry| ("organisation", "organisations", entry));
    let found =
        found.or_else(|| snapshot.get("intermediary", code).map(|entry| ("intermediary", "intermediaries", entry)));
    let (kind, path, name) = match found {
        Some((kind, path, entry)) => (kind, path, entry.indexed.title.clone()),
        None => ("organisation", "organisations", code.to_owned()),
    };
    Collector { kind, code: code.to_owned(), name, link: format!("/v1/{path}/{code}") }
}

/// Says who set the price, as far as the record tells: it names instruments, and by them who issued them; it does not name the office
/// that signed the price.
pub(super) fn price_set_by(pricing: Pricing, bases: &[QuotedBasis], collector: &str) -> BothLanguages {
    let mut issuers: Vec<(String, String)> = Vec::new();
    for (issuer, level) in bases.iter().filter_map(|basis| Some((basis.issuer.as_ref()?, basis.level?))) {
        let issuer = (format!("{issuer}（{}）", level.label), format!("{issuer} ({})", level.english()));
        if !issuers.contains(&issuer) {
            issuers.push(issuer);
        }
    }
    let (chinese, english): (Vec<_>, Vec<_>) = issuers.into_iter().unzip();
    let from = match chinese.is_empty() {
        true => BothLanguages::new("登记簿没有列明定价依据。", "The register names no basis of the price."),
        false => BothLanguages::new(
            format!("所列依据的制定机关：{}。", chinese.join("、")),
            format!("The bases given were issued by {}.", english.join(", ")),
        ),
    };
    match pricing {
        Pricing::GovernmentSet => BothLanguages::new(
            format!("政府定价。{}", from.zh),
            format!("The price is set by the government. {}", from.en),
        ),
        Pricing::GovernmentGuided => BothLanguages::new(
            format!("政府指导价：政府规定基准价和浮动幅度，收费主体在幅度内确定。{}", from.zh),
            format!("The government sets a guide price and a range, within which who charges it decides. {}", from.en),
        ),
        Pricing::Market => BothLanguages::new(
            format!("市场调节价：由{collector}自主定价，所列为其公布的价格。"),
            format!("A market price, set by {collector} itself; what is shown is the price it published."),
        ),
    }
}
