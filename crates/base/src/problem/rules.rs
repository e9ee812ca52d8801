//! The rules of quality (docs/DOMAIN.md §8), one table: code, severity, the kinds they are about, what they say and what helps.

use serde::Serialize;
use utoipa::ToSchema;

use super::language::{Detail, Language};

/// 严重程度: `error` 错误 keeps a record from being published, `warning` 警告 is shown and counted, `advice` 建议 helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 错误
    Error,
    /// 警告
    Warning,
    /// 建议
    Advice,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Advice];

    /// The word that stands for it in JSON.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        }
    }

    /// The Chinese term.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Error => "错误",
            Self::Warning => "警告",
            Self::Advice => "建议",
        }
    }

    /// The one with this value.
    pub fn of(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.value() == value)
    }
}

/// One row of the table.
pub struct RuleSpec {
    /// The stable code.
    pub code: &'static str,
    /// How much it weighs, unless the case is milder.
    pub severity: Severity,
    /// The kinds that it is about, a letter each: item, fee, organisation, place, interMediary, legal instrument,
    /// clean-up Round.
    on: &'static str,
    /// The sentence about a mistake, in Chinese and English; `{0}`, `{1}` stand for the figures of the case.
    says: [&'static str; 2],
    /// The remedy, in Chinese and English.
    pub(super) remedy: [&'static str; 2],
}

/// The kinds of records by their letters in the table, and in words.
const KINDS: [(char, &str, [&str; 2]); 7] = [
    ('I', "item", ["事项", "item"]),
    ('F', "fee", ["收费项目", "fee"]),
    ('O', "organisation", ["机构", "organisation"]),
    ('P', "place", ["办事场所", "place"]),
    ('M', "intermediary", ["中介机构", "intermediary"]),
    ('L', "legal_instrument", ["法律法规文件", "legal instrument"]),
    ('R', "clean_up", ["清理结果", "clean-up round"]),
];

/// A kind of record in words; a name that is none, as it is.
pub fn kind_in_words(kind: &str) -> Detail {
    match KINDS.iter().find(|(_, name, _)| *name == kind) {
        Some((.., [chinese, english])) => Detail::new(*chinese, *english),
        None => Detail::same(kind),
    }
}

impl RuleSpec {
    /// The kinds of records that it is about.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        KINDS.into_iter().filter(|(letter, ..)| self.on.contains(*letter)).map(|(_, kind, _)| kind)
    }
}

macro_rules! rules {
    ($($name:ident $code:literal $severity:ident $on:literal [$chinese:literal, $english:literal] [$remedy_chinese:literal, $remedy_english:literal];)*) => {
        /// A rule of quality.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $english] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of this table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its row.
            pub const fn spec(self) -> &'static RuleSpec {
                match self {
                    $(Self::$name => &RuleSpec {
                        code: $code,
                        severity: Severity::$severity,
                        on: $on,
                        says: [$chinese, $english],
                        remedy: [$remedy_chinese, $remedy_english],
                    },)*
                }
            }
        }
    };
}

rules! {
    UsccCheckDigit "uscc-check-digit" Error "IFOPMR"
        ["统一社会信用代码校验位不符，应为 {0}", "has a wrong check character; {0} fits"]
        ["核对统一社会信用代码", "read the code from the certificate again"];
    DivisionUnknown "division-unknown" Error "OPM"
        ["行政区划代码不存在", "is not a code of GB/T 2260 or GB/T 10114"]
        ["按最新区划代码填写", "use the current division code"];
    ImplementationCodeComposition "implementation-code-composition" Error "I"
        ["应为实施主体代码、行使层级和基本编码之组合：{0}", "must be composed of organisation, level and catalogue code: {0}"]
        ["由系统重新生成", "let it be composed"];
    HandlingCodeComposition "handling-code-composition" Error "I"
        ["应以 {0} 开头，后接 01–99", "must be {0} followed by 01–99"]
        ["由系统重新生成", "let it be composed"];
    CatalogueCategoryMismatch "catalogue-category-mismatch" Error "I"
        ["基本编码第3–4位表示的类型为 {0}", "digits 3–4 of the catalogue code say {0}"]
        ["修改类型或基本编码", "change the category or the catalogue code"];
    ListCategoryMismatch "list-category-mismatch" Error "I"
        ["公共服务只列入公共服务清单，其他类型列入权力清单", "public services belong to the service list, all other categories to the power list"]
        ["调整所属清单", "move it to the other list"];
    MainItemMismatch "main-item-mismatch" Error "I"
        ["主项编码前9位应相同并以000结尾", "the main item shares the first nine digits and ends in 000"]
        ["关联正确主项", "link the right main item"];
    CodeDuplicate "code-duplicate" Error "IFOPMLR"
        ["该编码已有记录；要修改该记录，请用 action=amend 起草，key 写该编码", "is the code of a record that exists already; to change it, draft action=amend with this code as key"]
        ["要修改该记录，请用 action=amend 起草；要新增，请换一个编码", "to change that record, draft action=amend; for a new one, take another code"];
    NameDuplicate "name-duplicate" Warning "I"
        ["同一机构另有同名事项：{0}", "the same organisation has another item of this name: {0}"]
        ["区分名称或合并", "distinguish the names or merge the items"];
    NameForm "name-form" Warning "I"
        ["名称不规范：{0}", "is not a proper name: {1}"]
        ["使用规范名称", "use the name of the catalogue"];
    OrganisationUnknown "organisation-unknown" Error "IFPMOR"
        ["机构 {0} 未登记", "organisation {0} is not in the register"]
        ["先登记机构", "publish the organisation first"];
    LevelMismatch "level-mismatch" Error "I"
        ["与实施主体的层级（{0}）不一致", "is not the level of the organisation ({0})"]
        ["核对行使层级", "correct the level"];
    EntrustmentIncomplete "entrustment-incomplete" Error "I"
        ["委托行使的权力应写明委托机关和文书；受委托组织的权力来源应为委托", "an entrusted power names the entrusting body and its document; an entrusted organisation has an entrusted power"]
        ["补充委托机关和文书", "give body and document"];
    EntrustedPenaltyBody "entrusted-penalty-body" Error "I"
        ["行政处罚只能委托给符合法定条件的管理公共事务的组织", "a penalty may be entrusted only to an authority or a public institution"]
        ["收回或改为法定机关", "take it back or give it to a lawful body (Administrative Penalty Law)"];
    ReferenceUnknown "reference-unknown" Error "IFOPMLR"
        ["引用的记录不存在：{0} {1}", "there is no {0} {1}"]
        ["修正引用", "correct the reference"];
    BasisMissing "basis-missing" Error "I"
        ["没有用途为“设定”的依据", "has no basis with the purpose `setting`"]
        ["补充设定依据", "add the basis that sets the power"];
    BasisRepealed "basis-repealed" Error "IF"
        ["{0} 已于 {1} 废止", "{0} was repealed on {1}"]
        ["换用现行依据", "cite its successor"];
    BasisNotYetEffective "basis-not-yet-effective" Error "IF"
        ["{0} 自 {1} 起施行，晚于生效日期", "{0} takes effect on {1}, after the record"]
        ["推迟生效日期", "let the record take effect later"];
    BasisLevelTooLow "basis-level-too-low" Error "I"
        ["设定依据的效力级别过低：{0}", "the instrument that sets it ranks too low: {0}"]
        ["取消或补充上位依据", "drop it or cite a higher basis"];
    BasisWithoutArticle "basis-without-article" Advice "I"
        ["引用法律、法规、规章应写明条款", "a law, regulation or rule is cited with its article"]
        ["写明条款项", "give the article"];
    BasisTextEmpty "basis-text-empty" Warning "IF"
        ["条文不足8个字符", "has fewer than 8 characters"]
        ["摘录条文", "quote the article"];
    AudienceMissing "audience-missing" Error "I"
        ["没有服务对象", "nobody is named"]
        ["选择服务对象", "choose who may use it"];
    ConditionMissing "condition-missing" Error "I"
        ["依申请事项没有受理条件", "an item on application has conditions"]
        ["填写受理条件", "add them"];
    ConditionVague "condition-vague" Warning "I"
        ["受理条件含有兜底表述“{0}”", "contains the catch-all {0}"]
        ["删除兜底条款", "remove the catch-all"];
    PromiseMissing "promise-missing" Error "I"
        ["依申请事项没有承诺办结时限", "an item on application promises a time"]
        ["填写承诺时限", "give the promised time"];
    PromiseExceedsLegal "promise-exceeds-legal" Error "I"
        ["承诺时限（{0}）超过法定时限（{1}）", "promises {0}, the law allows {1}"]
        ["压缩承诺时限", "promise less"];
    PromiseNotShorter "promise-not-shorter" Advice "I"
        ["承诺时限与法定时限相同", "is not shorter than the legal limit"]
        ["建议压缩", "try less"];
    ImmediateTooLong "immediate-too-long" Error "I"
        ["即办件的承诺时限应不超过1个工作日，现为 {0}", "an item handled at once takes at most 1 working day, not {0}"]
        ["改为承诺件或当场办结", "change the type or the time"];
    LegalLimitMissing "legal-limit-missing" Warning "I"
        ["承诺件没有法定时限，也没有时限说明", "has neither a legal limit nor a note why"]
        ["补充法定时限或说明", "add the limit or a note"];
    LicenceLimitOver20 "licence-limit-over-20" Warning "I"
        ["行政许可法定时限（{0}）超过20个工作日，应说明特别规定", "a licence that takes {0}, more than 20 working days, says why"]
        ["说明特别规定", "cite the special rule (Administrative Licence Law, article 42)"];
    SpecialProcedureWithoutBasis "special-procedure-without-basis" Error "I"
        ["不计入时限的{0}没有依据", "is kept out of the time limit without a basis"]
        ["说明依据", "cite the basis"];
    MaterialMissing "material-missing" Error "I"
        ["依申请事项没有申请材料，也没有注明无需材料", "has no materials and does not say that none are needed"]
        ["填写材料", "add them"];
    MaterialVague "material-vague" Error "I"
        ["材料名称含有兜底表述“{0}”", "contains the catch-all {0}"]
        ["逐项列明", "name each material"];
    MaterialDuplicate "material-duplicate" Error "I"
        ["与材料 {0} 重复", "is the same as material {0}"]
        ["合并", "merge them or say when each is needed"];
    MaterialCopies "material-copies" Error "I"
        ["纸质材料份数应不少于1，电子材料份数应为0", "paper needs at least 1 copy, electronic material 0"]
        ["核对份数", "correct the number"];
    MaterialSourceMissing "material-source-missing" Warning "I"
        ["政府部门核发的材料应写明核发机关", "a material that an authority issues names it"]
        ["写明核发机关", "name the issuer"];
    MaterialFormMissing "material-form-missing" Advice "I"
        ["申请表、申请书、承诺书没有空白表格", "has no blank form"]
        ["提供空表样表", "offer a form"];
    MaterialShareable "material-shareable" Advice "I"
        ["该证件可以通过数据共享核验，不必提交纸质材料", "can be checked by sharing instead of on paper"]
        ["通过数据共享核验", "check it by sharing"];
    QuantityLimitBasis "quantity-limit-basis" Error "I"
        ["有数量限制的应公布数量和依据", "a limit in number is published with its text and its basis"]
        ["公布数量和依据", "publish both"];
    FeeFlagMismatch "fee-flag-mismatch" Error "I"
        ["收费标志与收费项目不一致", "disagrees with the fees that are named"]
        ["修改收费标志", "correct the flag"];
    FeeWithoutBasis "fee-without-basis" Error "F"
        ["政府定价或者指导价的收费没有依据", "a price that is not the market's needs a basis"]
        ["停止收费或补充依据", "stop charging or add the basis"];
    FeeExpired "fee-expired" Error "I"
        ["收费项目 {0} 已于 {1} 到期", "fee {0} ended on {1}"]
        ["更新收费项目", "renew the fee"];
    FeeFundManagement "fee-fund-management" Error "F"
        ["行政事业性收费和政府性基金不得存入单位账户", "an administrative fee or a government fund does not go to the body's own account"]
        ["实行收支两条线", "pay it to the treasury"];
    FeeTierGap "fee-tier-gap" Error "F"
        ["档次之间或最后一档之后有空缺（{0}）", "leaves a gap at {0}"]
        ["补齐档次", "fill the gap"];
    FeeTierOverlap "fee-tier-overlap" Error "F"
        ["档次重叠或者起止颠倒（{0}）", "overlaps or runs backwards at {0}"]
        ["调整档次", "correct the tiers"];
    FeeMinAboveMax "fee-min-above-max" Error "F"
        ["最低值 {0} 大于最高值 {1}", "the least {0} is above the most {1}"]
        ["核对限额", "correct the limits"];
    FeeParameterUnknown "fee-parameter-unknown" Error "F"
        ["参数 {0} 未声明", "parameter {0} is not declared"]
        ["声明参数", "declare it"];
    FeeRuleIncomplete "fee-rule-incomplete" Error "F"
        ["该计费方式缺少必要内容", "is needed for this kind of rule"]
        ["补充标准", "complete the rule"];
    FeeAmountNegative "fee-amount-negative" Error "F"
        ["金额、单价、比例、数量和幅度不得为负数：{0}", "is negative: {0}; what is charged is told by figures of zero or more"]
        ["改为零或正数；减免写入减免", "use zero or more; what is taken off is a reduction"];
    FeeStepNotPositive "fee-step-not-positive" Error "F"
        ["计费步长应大于零：{0}", "counts in steps of {0}: a step is more than zero"]
        ["改为大于零的步长，或者删除", "use a step above zero, or none"];
    FeeGuidedWithoutRange "fee-guided-without-range" Warning "F"
        ["政府指导价没有浮动幅度", "a guided price has a range"]
        ["公布浮动幅度", "give the range"];
    FeeUnreachableRule "fee-unreachable-rule" Warning "F"
        ["在它之前的标准 {0} 总是适用并且排他", "is never reached: {0} always applies and is exclusive"]
        ["调整顺序", "reorder the rules"];
    PlaceMissing "place-missing" Error "I"
        ["依申请事项没有办理地点", "an item on application is handled somewhere"]
        ["填写办理地点", "add a place"];
    HoursInvalid "hours-invalid" Error "OP"
        ["同一天的开放时间止不晚于起，或者相互重叠", "ends before it begins, or overlaps another span of the same day"]
        ["核对时间", "correct the hours"];
    PlaceHoursMissing "place-hours-missing" Warning "P"
        ["没有办公时间", "has no hours"]
        ["填写办公时间", "add them"];
    PhoneFormat "phone-format" Error "IFOPMLR"
        ["应为区号和号码（如 0591-26000001）、12345 类短号或者 400、800 号码", "must be an office number such as 0591-26000001, 12345, or a 400 or 800 number"]
        ["改为公开电话", "give the number of an office"];
    PersonalData "personal-data" Error "IFOPMLR"
        ["含有居民身份证号码或者手机号码", "contains a resident number or a mobile number"]
        ["删除个人信息", "remove it"];
    TextGarbled "text-garbled" Error "IFOPMLR"
        ["含有乱码“{0}”，是以错误的编码读取而成", "contains “{0}”, which came of reading a text in a wrong encoding"]
        ["从原文重新录入该处文字", "type these words again from the original"];
    TextPrivateCharacter "text-private-character" Warning "IFOPMLR"
        ["含有专用区字符 {0}，他人的设备上显示为空白或方框", "contains the private-use character {0}, which others see as an empty box"]
        ["改用该字的标准编码；没有的，用同音字并加说明", "use the standard code of the character, or another character with a note"];
    ConsultationMissing "consultation-missing" Error "I"
        ["没有咨询方式", "nobody can be asked"]
        ["公布电话", "publish a telephone number"];
    SupervisionMissing "supervision-missing" Error "I"
        ["没有监督投诉方式", "there is no way to complain"]
        ["公布电话", "publish a telephone number"];
    ChannelMissing "channel-missing" Error "I"
        ["依申请事项没有办理形式", "an item on application has a channel"]
        ["选择办理形式", "choose one"];
    VisitsWithoutReason "visits-without-reason" Warning "I"
        ["需要到现场 {0} 次，没有说明原因", "asks for {0} visits and does not say why"]
        ["说明原因", "explain"];
    VisitsOnlineContradiction "visits-online-contradiction" Error "I"
        ["办理形式、网办深度与到现场次数矛盾", "channels, online depth and visits contradict each other"]
        ["核对", "correct them"];
    OnlineUrlMissing "online-url-missing" Error "I"
        ["可以网上受理的事项没有网上办理地址", "an item that is accepted online has an https address"]
        ["填写网址", "add the address"];
    ResultMissing "result-missing" Error "I"
        ["许可、确认、给付、裁决没有办理结果", "a licence, confirmation, benefit or adjudication has a result"]
        ["填写结果", "add it"];
    RemedyMissing "remedy-missing" Error "I"
        ["权力事项没有行政复议或者行政诉讼途径", "a power tells how to appeal"]
        ["告知救济途径", "add the remedies"];
    RemedyLimitShort "remedy-limit-short" Error "I"
        ["行政复议不少于60日，行政诉讼不少于6个月；例外应有说明，现为 {0}", "reconsideration is open for 60 days and litigation for 6 months unless a note says otherwise, not {0}"]
        ["按法律修改", "correct it by the law"];
    ResponsibilityMissing "responsibility-missing" Error "I"
        ["权力事项没有责任事项", "a power has responsibilities"]
        ["编制责任事项", "write them"];
    ResponsibilityStageMissing "responsibility-stage-missing" Warning "I"
        ["责任事项缺少环节：{0}", "lacks the stages {1}"]
        ["补全环节", "add the stages"];
    AccountabilityMissing "accountability-missing" Error "I"
        ["权力事项没有追责情形", "a power has cases of accountability"]
        ["编制追责情形", "write them"];
    OversightMissing "oversight-missing" Warning "I"
        ["权力事项没有监督方式", "a power is overseen"]
        ["明确监督方式", "add how"];
    ThemeMissing "theme-missing" Advice "I"
        ["没有主题分类", "has no theme"]
        ["选择主题", "choose one"];
    FaqMissing "faq-missing" Advice "I"
        ["没有常见问题", "has no frequent questions"]
        ["补充问答", "add some"];
    ChartMissing "chart-missing" Error "I"
        ["没有流程图", "has no workflow chart"]
        ["绘制流程图", "draw it"];
    ChartStart "chart-start" Error "I"
        ["流程图应有且只有一个开始节点，连线不得进入", "has exactly one start, which no edge enters"]
        ["修改开始节点", "correct the start"];
    ChartEnd "chart-end" Error "I"
        ["流程图应有结束节点，写明结局，不得有出线", "has an end with an outcome, which no edge leaves"]
        ["修改结束节点", "correct the end"];
    ChartEdgeUnknown "chart-edge-unknown" Error "I"
        ["连线应连接两个不同的节点，不得重复", "an edge joins two different nodes, once"]
        ["修改连线", "correct the edge"];
    ChartUnreachable "chart-unreachable" Error "I"
        ["从开始节点到不了这里", "is not reached from the start"]
        ["连接节点", "connect the node"];
    ChartDeadEnd "chart-dead-end" Error "I"
        ["从这里到不了任何结束节点", "leads to no end"]
        ["连接节点", "connect the node"];
    ChartLaneUnknown "chart-lane-unknown" Error "I"
        ["节点所在的泳道不存在", "names no lane of the chart"]
        ["修改泳道", "correct the lane"];
    ChartLaneUnused "chart-lane-unused" Warning "I"
        ["没有节点在这条泳道", "no node stands in this lane"]
        ["修改泳道", "use or remove the lane"];
    ChartGateway "chart-gateway" Error "I"
        ["判断至少有两条出线、至多一条默认；环节只有一条出线", "a decision has two ways out and at most one default; a task has one way out"]
        ["修改分支", "correct the branches"];
    ChartBranchUnlabelled "chart-branch-unlabelled" Error "I"
        ["判断的每条出线应写明条件", "every branch of a decision says its condition"]
        ["写明条件", "label the branch"];
    ChartParallelUnbalanced "chart-parallel-unbalanced" Error "I"
        ["并行分支与汇合不配对", "parallel branches split and join in pairs"]
        ["补汇合", "add the join"];
    ChartCycle "chart-cycle" Error "I"
        ["流程形成循环，且没有标明补正", "form a cycle without rework"]
        ["标明补正次数", "mark the rework"];
    ChartReworkUnbounded "chart-rework-unbounded" Error "I"
        ["补正应回到此前的环节，次数为 1 至 3", "rework goes back, 1 to 3 times"]
        ["标明补正次数", "bound the rework"];
    ChartOverPromise "chart-over-promise" Error "I"
        ["关键路径 {0} 超过承诺时限 {1}", "the critical path takes {2}, the promise is {3}"]
        ["调整环节时限", "shorten a step"];
    ChartWorstCaseOverLegal "chart-worst-case-over-legal" Warning "I"
        ["含补正的最长办理时间 {0} 超过法定时限 {1}", "with all rework it takes {2}, the law allows {3}"]
        ["减少返工", "fewer rounds"];
    ChartExcludedWithoutKind "chart-excluded-without-kind" Error "I"
        ["不计入时限的环节应说明属于何种特殊环节；计时的环节不是特殊环节", "time that does not count says why, and time that counts does not"]
        ["说明特殊环节", "give the kind of the special procedure"];
    ChartMaterialUnknown "chart-material-unknown" Error "I"
        ["事项没有这个序号的材料", "is the number of no material"]
        ["修正材料序号", "correct the number"];
    ChartNoRefusal "chart-no-refusal" Advice "I"
        ["依申请事项的流程图没有不予受理或者不予办理的结局", "no end refuses or does not accept"]
        ["补充不予办理", "add the refusal"];
    IntermediaryWithoutBasis "intermediary-without-basis" Error "I"
        ["必需的中介服务没有依据", "a mandatory service needs a basis"]
        ["取消强制中介", "drop it"];
    IntermediaryNoneListed "intermediary-none-listed" Warning "I"
        ["必需的中介服务没有公布中介机构", "a mandatory service lists who provides it"]
        ["公布中介名录", "list the providers"];
    IntermediaryAffiliated "intermediary-affiliated" Warning "M"
        ["隶属的机关正是使用其服务的事项 {0} 的实施主体", "is affiliated with the organisation whose item {0} uses it"]
        ["脱钩", "separate the two"];
    IntermediaryQualificationMissing "intermediary-qualification-missing" Error "M"
        ["服务需要资质，但没有登记资质", "a service needs a qualification and none is given"]
        ["更新资质", "add it"];
    IntermediaryQualificationExpired "intermediary-qualification-expired" Warning "M"
        ["资质均已过期", "every qualification has ended"]
        ["更新资质", "renew one"];
    IntermediaryPriceMissing "intermediary-price-missing" Error "M"
        ["政府定价或者指导价应关联收费项目，市场价应有价格说明", "a set or guided price names its fee, a market price is told"]
        ["公开价格", "publish the price"];
    PrerequisiteCycle "prerequisite-cycle" Error "I"
        ["前置事项形成循环", "the prerequisites lead back to this item"]
        ["修正前置事项", "correct them"];
    OrganisationParentCycle "organisation-parent-cycle" Error "O"
        ["上级机构形成循环", "the organisations above lead back to this one"]
        ["修正上级机构", "correct the parent"];
    RecordIncomplete "record-incomplete" Warning "OL"
        ["内容不完整，缺少{0}；类别、层级等是按名称和编码推定的，请一并核对", "is incomplete: it does not say {0}; kind and level may have been told from name and code, too"]
        ["补充所缺的内容，并核对其余内容", "add what is missing and look at the rest"];
    InstrumentNumberForm "instrument-number-form" Warning "L"
        ["文号应使用六角括号〔〕和四位年份", "uses brackets 〔〕 and a year of four digits"]
        ["用六角括号", "use 〔〕"];
    InstrumentLevelTitle "instrument-level-title" Advice "L"
        ["名称与效力级别（{0}）不相称", "the title does not fit this rank"]
        ["核对层级", "check the rank"];
    InstrumentDateOrder "instrument-date-order" Error "L"
        ["公布日期不晚于施行日期，废止日期应晚于施行日期", "issued ≤ effective < repealed"]
        ["核对日期", "correct the dates"];
    CleanUpSuccessor "clean-up-successor" Error "R"
        ["合并须填承接事项，下放须填承接机构", "a merger names the successor, a delegation the organisation"]
        ["补充承接事项或者机构", "add it"];
    StillReferenced "still-referenced" Error "IFOPMLR"
        ["仍被以下记录引用：{0}", "is still used by {0}"]
        ["先调整引用", "change its users first"];
    DatePassed "date-passed" Warning "IFOPM"
        ["已于 {0} 到期，记录仍然有效", "ended on {0}, and the record is still in force"]
        ["取消、暂停或延长", "cancel, suspend or extend it"];
    CleanUpDisagrees "clean-up-disagrees" Error "R"
        ["与登记簿不一致：事项现为{0}", "the register says otherwise: {1}"]
        ["核对清理结果", "correct the entry or the item"];
    ReviewOverdue "review-overdue" Advice "I"
        ["核验日期已过，或者24个月没有核验和修订", "its review is due, or nobody has looked at it for 24 months"]
        ["复核", "review it"];
    PlaceClosed "place-closed" Warning "I"
        ["唯一的办理地点 {0} 已于 {1} 停用", "its only place {0} closed on {1}"]
        ["更换办理地点", "name another place"];
    PrerequisiteCancelled "prerequisite-cancelled" Warning "I"
        ["前置事项 {0} 已取消或者合并", "prerequisite {0} is cancelled or merged"]
        ["取消前置或改指后继事项", "drop it or name the successor"];
    StepsNotDescribed "steps-not-described" Warning "I"
        ["环节只写“受理”“审查”“决定”，没有说明内容", "names a stage and does not say what is done"]
        ["说明环节内容", "describe the step"];
}

impl Rule {
    /// The rule with this code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.spec().code == code)
    }

    /// The sentence about a case with these figures.
    pub fn says(self, language: Language, figures: &[Detail]) -> String {
        let [chinese, english] = self.spec().says;
        let mut sentence = language.choose(chinese, english).to_owned();
        for (index, figure) in figures.iter().enumerate() {
            sentence = sentence.replace(&format!("{{{index}}}"), figure.text(language));
        }
        sentence
    }

    /// The remedy in this language.
    pub fn remedy(self, language: Language) -> &'static str {
        let [chinese, english] = self.spec().remedy;
        language.choose(chinese, english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_every_rule_is_about_something() {
        let mut codes: Vec<_> = Rule::ALL.iter().map(|rule| rule.spec().code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            assert!(rule.spec().kinds().count() > 0);
            assert_eq!(rule.spec().kinds().count(), rule.spec().on.len(), "{rule:?}");
            assert_eq!(Rule::of(rule.spec().code), Some(*rule));
        }
    }
}
