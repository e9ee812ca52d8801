//! The national code lists and the project's own (docs/DOMAIN.md §3): value, national code, Chinese term.
//!
//! One table: from it come the types, their JSON form, the schema, `/v1/code-lists` and the labels of facets.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// One value of a code list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Code {
    /// 值: the English term, as in JSON.
    #[schema(example = "administrative_benefit")]
    pub value: &'static str,
    /// 国家代码: the code that the national platform uses, where there is one.
    #[schema(example = "05")]
    pub national: Option<&'static str>,
    /// 中文名称
    #[schema(example = "行政给付")]
    pub label: &'static str,
}

impl Code {
    /// The English term as one reads it: the value in words, `Administrative benefit`.
    pub fn english(&self) -> String {
        let words = self.value.replace('_', " ");
        let mut letters = words.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

/// A code list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeList {
    /// 代码表名
    #[schema(example = "category")]
    pub name: &'static str,
    /// 中文名称
    #[schema(example = "事项类型")]
    pub label: &'static str,
    /// 英文说明
    #[schema(example = "What sort of power or service an item is")]
    pub description: &'static str,
    /// 代码
    pub codes: &'static [Code],
    /// The name of its schema.
    #[serde(skip)]
    pub schema: &'static str,
}

impl CodeList {
    /// The code with this value.
    pub fn get(&self, value: &str) -> Option<&'static Code> {
        self.codes.iter().find(|code| code.value == value)
    }
}

macro_rules! code_list {
    ($name:ident = $list:literal, $label:literal, $english:literal {
        $($variant:ident $value:literal $national:expr, $chinese:literal;)*
    }) => {
        #[doc = concat!($label, ": ", $english, ".")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                #[doc = $chinese]
                #[serde(rename = $value)]
                $variant,
            )*
        }

        impl $name {
            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The list as data.
            pub const LIST: CodeList = CodeList {
                name: $list,
                label: $label,
                description: $english,
                codes: &[$(Code { value: $value, national: $national, label: $chinese }),*],
                schema: stringify!($name),
            };

            /// Value, national code and label.
            pub const fn code(self) -> &'static Code {
                match self {
                    $(Self::$variant => {
                        const CODE: Code = Code { value: $value, national: $national, label: $chinese };
                        &CODE
                    })*
                }
            }

            /// The value as in JSON.
            pub const fn value(self) -> &'static str {
                self.code().value
            }

            /// The Chinese term.
            pub const fn label(self) -> &'static str {
                self.code().label
            }

            /// The one with this value.
            pub fn of(value: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.value() == value)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                enumeration(&Self::LIST)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

fn enumeration(list: &CodeList) -> RefOr<Schema> {
    let terms: Vec<_> = list.codes.iter().map(|code| format!("`{}` {}", code.value, code.label)).collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(list.codes.iter().map(|code| code.value)))
        .description(Some(format!("{}: {}. {}", list.label, list.description, terms.join(" · "))))
        .into()
}

code_list! { Category = "category", "事项类型", "What sort of power or service an item is" {
    AdministrativeLicence "administrative_licence" Some("01"), "行政许可";
    AdministrativePenalty "administrative_penalty" Some("02"), "行政处罚";
    AdministrativeCompulsion "administrative_compulsion" Some("03"), "行政强制";
    AdministrativeLevy "administrative_levy" Some("04"), "行政征收";
    AdministrativeBenefit "administrative_benefit" Some("05"), "行政给付";
    AdministrativeInspection "administrative_inspection" Some("06"), "行政检查";
    AdministrativeConfirmation "administrative_confirmation" Some("07"), "行政确认";
    AdministrativeReward "administrative_reward" Some("08"), "行政奖励";
    AdministrativeAdjudication "administrative_adjudication" Some("09"), "行政裁决";
    OtherPower "other_power" Some("10"), "其他行政权力";
    PublicService "public_service" Some("20"), "公共服务";
}}

code_list! { List = "list", "所属清单", "The list that an item stands in" {
    Power "power" None, "权力清单";
    Service "service" None, "公共服务事项清单";
}}

code_list! { OrganisationNature = "organisation_nature", "实施主体性质", "By what right an organisation acts" {
    Statutory "statutory" Some("1"), "法定机关";
    Authorised "authorised" Some("2"), "授权组织";
    Entrusted "entrusted" Some("3"), "受委托组织";
}}

code_list! { PowerSource = "power_source", "权力来源", "Where a power comes from" {
    StatutoryOwnLevel "statutory_own_level" Some("1"), "法定本级行使";
    Devolved "devolved" Some("2"), "上级下放";
    AuthorisedBySuperior "authorised_by_superior" Some("3"), "上级授权";
    AuthorisedSameLevel "authorised_same_level" Some("4"), "同级授权";
    EntrustedBySuperior "entrusted_by_superior" Some("5"), "上级委托";
    EntrustedSameLevel "entrusted_same_level" Some("6"), "同级委托";
    ReviewAndForward "review_and_forward" Some("7"), "审核转报";
}}

code_list! { ExerciseLevel = "exercise_level", "行使层级", "The level of government that exercises a power" {
    National "national" Some("1"), "国家级";
    Provincial "provincial" Some("2"), "省级";
    Municipal "municipal" Some("3"), "市级";
    County "county" Some("4"), "县级";
    Township "township" Some("5"), "镇(乡、街道)级";
    Village "village" Some("6"), "村(社区)级";
}}

code_list! { Audience = "audience", "服务对象", "Who may use an item" {
    Person "person" Some("1"), "自然人";
    Enterprise "enterprise" Some("2"), "企业法人";
    PublicInstitution "public_institution" Some("3"), "事业法人";
    SocialOrganisation "social_organisation" Some("4"), "社会组织法人";
    UnincorporatedEnterprise "unincorporated_enterprise" Some("5"), "非法人企业";
    AdministrativeOrgan "administrative_organ" Some("6"), "行政机关";
    OtherOrganisation "other_organisation" Some("9"), "其他组织";
}}

code_list! { HandlingType = "handling_type", "办件类型", "At once, or within a promised time" {
    Immediate "immediate" Some("1"), "即办件";
    Promised "promised" Some("2"), "承诺件";
}}

code_list! { Initiation = "initiation", "依申请/依职权", "Who sets an item in motion" {
    Application "application" None, "依申请";
    OwnMotion "own_motion" None, "依职权";
}}

code_list! { Channel = "channel", "办理形式", "How one may apply" {
    Window "window" Some("1"), "窗口办理";
    Online "online" Some("2"), "网上办理";
    Express "express" Some("3"), "快递申请";
    Terminal "terminal" None, "自助终端";
    AtHome "at_home" None, "上门办理";
}}

code_list! { DurationUnit = "duration_unit", "时限单位", "Unit of a time limit" {
    WorkingDay "working_day" Some("1"), "工作日";
    CalendarDay "calendar_day" Some("2"), "自然日";
    Hour "hour" None, "小时";
    Month "month" None, "月";
}}

code_list! { OnlineDepth = "online_depth", "网办深度", "How far an item can be handled online" {
    None "none" Some("0"), "不可网办";
    Information "information" Some("1"), "互联网咨询";
    Collect "collect" Some("2"), "互联网收件";
    PreReview "pre_review" Some("3"), "互联网预审";
    Accept "accept" Some("4"), "互联网受理";
    Decide "decide" Some("5"), "互联网办理";
    Deliver "deliver" Some("6"), "互联网办理结果信息反馈";
    Pay "pay" Some("7"), "互联网电子支付";
    FullProcess "full_process" Some("8"), "全程网办";
}}

code_list! { CrossRegion = "cross_region", "通办范围", "Where else an item can be handled" {
    Nationwide "nationwide" Some("1"), "全国";
    Province "province" Some("2"), "全省";
    City "city" Some("3"), "全市";
    County "county" Some("4"), "全县";
    Township "township" Some("5"), "全镇(乡、街道)";
    Village "village" Some("6"), "跨村(社区)";
}}

code_list! { MaterialKind = "material_kind", "材料类型", "Original or copy" {
    Original "original" Some("1"), "原件";
    Copy "copy" Some("2"), "复印件";
    OriginalAndCopy "original_and_copy" Some("3"), "原件和复印件";
}}

code_list! { MaterialForm = "material_form", "材料形式", "Paper or electronic" {
    Paper "paper" Some("1"), "纸质";
    Electronic "electronic" Some("2"), "电子";
    Both "both" Some("3"), "纸质或电子";
}}

code_list! { MaterialSource = "material_source", "材料来源", "Who makes a material" {
    Applicant "applicant" Some("10"), "申请人自备";
    Government "government" Some("20"), "政府部门核发";
    Intermediary "intermediary" Some("30"), "中介机构或法定机构产生";
    Other "other" Some("99"), "其他";
}}

code_list! { Necessity = "necessity", "材料必要性", "Whether a material is always needed" {
    Required "required" Some("1"), "必要";
    Conditional "conditional" Some("2"), "非必要";
    Later "later" Some("3"), "容缺后补";
}}

code_list! { ResultType = "result_type", "办理结果类型", "What an applicant gets" {
    Certificate "certificate" Some("10"), "证照";
    Approval "approval" Some("20"), "批文";
    Document "document" Some("30"), "证明文书";
    Payment "payment" Some("40"), "资金给付";
    Other "other" Some("99"), "其他";
    None "none" Some("00"), "无";
}}

code_list! { Contact = "contact", "联系方式", "How to reach an office" {
    Window "window" None, "窗口";
    Phone "phone" None, "电话";
    Web "web" None, "网站";
    Mail "mail" None, "信件";
    Email "email" None, "电子邮件";
}}

code_list! { ExpressScope = "express_scope", "物流快递范围", "What goes by express" {
    Application "application" None, "申请材料";
    Result "result" None, "办理结果";
    Both "both" None, "申请材料和办理结果";
}}

code_list! { ThemeAudience = "theme_audience", "主题服务对象", "For whom a theme is" {
    Person "person" None, "个人";
    LegalPerson "legal_person" None, "法人";
}}

code_list! { Theme = "theme", "主题分类", "What an item is about, in the public's terms" {
    Birth "birth" None, "生育收养";
    Family "family" None, "户籍婚姻";
    Schooling "schooling" None, "教育科研";
    Employment "employment" None, "就业创业";
    SocialInsurance "social_insurance" None, "社会保障";
    SocialRelief "social_relief" None, "社会救助";
    Disability "disability" None, "残疾服务";
    Elderly "elderly" None, "老年服务";
    Veterans "veterans" None, "优待抚恤/退役军人";
    Housing "housing" None, "住房保障";
    Health "health" None, "医疗卫生";
    Land "land" None, "农林牧渔/土地";
    Transport "transport" None, "交通出行";
    Military "military" None, "兵役";
    Legal "legal" None, "司法公证";
    Death "death" None, "死亡殡葬";
    Civic "civic" None, "公民参与";
    Other "other" None, "其他";
    Establishment "establishment" None, "设立变更";
    Investment "investment" None, "投资审批";
    Construction "construction" None, "工程建设";
    Agriculture "agriculture" None, "农林牧渔";
    Environment "environment" None, "环保绿化";
    Safety "safety" None, "安全生产";
    LandUse "land_use" None, "国土和规划";
    Culture "culture" None, "文体宗教";
    Labour "labour" None, "人力资源";
    TaxFee "tax_fee" None, "税收财务";
    Closure "closure" None, "注销";
}}

code_list! { System = "system", "业务系统", "Line of business" {
    Governance "governance" None, "政务治理";
    CivilAffairs "civil_affairs" None, "民政";
    Agriculture "agriculture" None, "农业农村";
    Forestry "forestry" None, "林业";
    Water "water" None, "水利";
    Land "land" None, "国土资源";
    Planning "planning" None, "规划建设";
    Construction "construction" None, "住房建设";
    Transport "transport" None, "交通运输";
    Emergency "emergency" None, "应急管理";
    Ecology "ecology" None, "生态环境";
    Health "health" None, "卫生健康";
    HumanResources "human_resources" None, "人力资源社会保障";
    MedicalInsurance "medical_insurance" None, "医疗保障";
    Education "education" None, "教育";
    Culture "culture" None, "文化旅游";
    Religion "religion" None, "民族宗教";
    Justice "justice" None, "司法行政";
    PublicSecurity "public_security" None, "公安";
    Military "military" None, "武装";
    Veterans "veterans" None, "退役军人事务";
    Disability "disability" None, "残联";
    Statistics "statistics" None, "统计";
    Finance "finance" None, "财政";
    Market "market" None, "市场监管";
    Archives "archives" None, "档案";
}}

code_list! { BasisPurpose = "basis_purpose", "依据用途", "What a legal basis is cited for" {
    Setting "setting" None, "设定";
    Exercise "exercise" None, "行使";
    Procedure "procedure" None, "程序";
    Limit "limit" None, "时限";
    Fee "fee" None, "收费";
    Accountability "accountability" None, "追责";
}}

code_list! { TextKind = "text_kind", "依据文本", "Whether a basis is quoted or told" {
    Quotation "quotation" None, "原文";
    Summary "summary" None, "摘要";
}}

code_list! { PublicationChannel = "publication_channel", "公开渠道", "Where a change was made public" {
    Website "website" None, "网站";
    Window "window" None, "办事窗口";
    BulletinBoard "bulletin_board" None, "公开栏";
    Wechat "wechat" None, "微信";
    Weibo "weibo" None, "微博";
    Newspaper "newspaper" None, "报刊";
    Other "other" None, "其他";
}}

code_list! { IdentifierScheme = "identifier_scheme", "其他系统编码", "Whose code it is" {
    National "national" None, "国家平台";
    Province "province" None, "省级平台";
    City "city" None, "市级平台";
    County "county" None, "县级清单";
    Legacy "legacy" None, "旧系统";
    Other "other" None, "其他";
}}

code_list! { Authentication = "authentication", "实名认证等级", "How one proves online who one is" {
    None "none" None, "无需实名";
    Password "password" None, "账号登录";
    RealName "real_name" None, "实名认证";
    Face "face" None, "人脸核验";
    Certificate "certificate" None, "电子证书";
}}

code_list! { SpecialProcedureKind = "special_procedure", "特殊环节", "A step that does not count towards the time limit" {
    PublicNotice "public_notice" None, "公示";
    Hearing "hearing" None, "听证";
    OnSiteCheck "on_site_check" None, "现场勘查";
    Tender "tender" None, "招标";
    Auction "auction" None, "拍卖";
    Inspection "inspection" None, "检验";
    Testing "testing" None, "检测";
    Quarantine "quarantine" None, "检疫";
    Appraisal "appraisal" None, "鉴定";
    ExpertReview "expert_review" None, "专家评审";
    Other "other" None, "其他";
}}

code_list! { Stage = "stage", "责任环节", "A stage of handling" {
    Application "application" None, "申请";
    Acceptance "acceptance" None, "受理";
    Review "review" None, "审查";
    Decision "decision" None, "决定";
    Delivery "delivery" None, "送达";
    Filing "filing" None, "立案";
    Investigation "investigation" None, "调查取证";
    Hearing "hearing" None, "告知听证";
    Execution "execution" None, "执行";
    Check "check" None, "检查";
    Disposal "disposal" None, "处置";
    Payment "payment" None, "发放";
    Mediation "mediation" None, "调解";
    AfterSupervision "after_supervision" None, "事后监管";
    Other "other" None, "其他责任";
}}

code_list! { Clock = "clock", "计时", "Whether time counts" {
    NotStarted "not_started" None, "未起算";
    Running "running" None, "计时";
    Suspended "suspended" None, "不计入";
    Stopped "stopped" None, "已办结";
}}

code_list! { Outcome = "outcome", "办理结局", "How a chart can end" {
    Granted "granted" None, "准予";
    Refused "refused" None, "不予办理";
    NotAccepted "not_accepted" None, "不予受理";
    Withdrawn "withdrawn" None, "撤回";
    Closed "closed" None, "结案";
    Completed "completed" None, "办结";
    Transferred "transferred" None, "转报";
}}

code_list! { NodeKind = "chart_node", "流程图节点", "Kind of a node of a chart" {
    Start "start" None, "开始";
    Task "task" None, "环节";
    ExclusiveGateway "exclusive_gateway" None, "判断";
    ParallelGateway "parallel_gateway" None, "并行";
    End "end" None, "结束";
}}

code_list! { LaneKind = "chart_lane", "流程图泳道", "Who acts in a lane" {
    Applicant "applicant" None, "申请人";
    Office "office" None, "内设机构或窗口";
    Organisation "organisation" None, "机构";
    Expert "expert" None, "专家";
    Intermediary "intermediary" None, "中介机构";
}}

code_list! { RelationType = "relation", "关联类型", "How two items belong together" {
    MainOf "main_of" None, "主项";
    SubOf "sub_of" None, "子项";
    Joint "joint" None, "联办";
    Follows "follows" None, "后续事项";
    Replaces "replaces" None, "取代";
    ReplacedBy "replaced_by" None, "被取代";
    SeeAlso "see_also" None, "参见";
}}

code_list! { PrerequisiteKind = "prerequisite", "前置类型", "An approval or a service needed first" {
    Approval "approval" None, "前置审批";
    Service "service" None, "前置服务";
}}

code_list! { FeeKind = "fee_kind", "收费性质", "Nature of a fee" {
    AdministrativeFee "administrative_fee" None, "行政事业性收费";
    GovernmentFund "government_fund" None, "政府性基金";
    ServiceCharge "service_charge" None, "经营服务性收费";
    SocialContribution "social_contribution" None, "社会保险缴费";
    Deposit "deposit" None, "保证金";
}}

code_list! { Charge = "charge", "是否收费", "Free or charged" {
    Free "free" Some("0"), "不收费";
    Charged "charged" Some("1"), "收费";
}}

code_list! { Pricing = "pricing", "定价方式", "Who sets a price" {
    GovernmentSet "government_set" None, "政府定价";
    GovernmentGuided "government_guided" None, "政府指导价";
    Market "market" None, "市场调节价";
}}

code_list! { FundManagement = "fund_management", "资金管理方式", "Where the money goes" {
    Treasury "treasury" None, "缴入国库";
    FiscalAccount "fiscal_account" None, "财政专户";
    TaxAuthority "tax_authority" None, "税务代征";
    OwnAccount "own_account" None, "单位账户";
}}

code_list! { FeeRuleKind = "fee_rule", "计费方式", "How a line of a fee is computed" {
    Free "free" None, "免费";
    Fixed "fixed" None, "定额";
    PerUnit "per_unit" None, "按量";
    Tiered "tiered" None, "分档";
    Percentage "percentage" None, "按比例";
}}

code_list! { TierMode = "tier_mode", "分档方式", "Whole quantity at one tier, or each part at its own" {
    Slab "slab" None, "全额分档";
    Graduated "graduated" None, "超额累进";
}}

code_list! { ReductionKind = "fee_reduction", "减免方式", "How a fee is lowered" {
    Exempt "exempt" None, "免收";
    Percent "percent" None, "按比例减收";
    Amount "amount" None, "定额减收";
}}

code_list! { ParameterType = "fee_parameter", "计费参数类型", "Type of a figure a fee depends on" {
    Decimal "decimal" None, "小数";
    Integer "integer" None, "整数";
    Boolean "boolean" None, "是否";
    Enum "enum" None, "选项";
}}

code_list! { OrganisationKind = "organisation_kind", "机构类别", "Kind of organisation" {
    Government "government" None, "人民政府";
    Department "department" None, "工作部门";
    Agency "agency" None, "派出机构";
    PublicInstitution "public_institution" None, "事业单位";
    VillageCommittee "village_committee" None, "村(居)民委员会";
    Court "court" None, "人民法院";
    Other "other" None, "其他";
}}

code_list! { IntermediaryNature = "intermediary_nature", "中介机构性质", "Nature of an intermediary" {
    Enterprise "enterprise" None, "企业";
    PublicInstitution "public_institution" None, "事业单位";
    SocialOrganisation "social_organisation" None, "社会组织";
    Other "other" None, "其他";
}}

code_list! { InstrumentLevel = "instrument_level", "效力级别", "Rank of a legal instrument" {
    Constitution "constitution" None, "宪法";
    Law "law" None, "法律";
    AdministrativeRegulation "administrative_regulation" None, "行政法规";
    StateCouncilDecision "state_council_decision" None, "国务院决定";
    LocalRegulation "local_regulation" None, "地方性法规";
    DepartmentRule "department_rule" None, "部门规章";
    LocalGovernmentRule "local_government_rule" None, "地方政府规章";
    NormativeDocument "normative_document" None, "规范性文件";
}}

code_list! { CleanUpAction = "clean_up_action", "清理结果", "What a clean-up round decided" {
    Retained "retained" None, "保留";
    Cancelled "cancelled" None, "取消";
    Delegated "delegated" None, "下放/委托";
    Merged "merged" None, "合并";
    Adjusted "adjusted" None, "调整";
    Suspended "suspended" None, "暂停";
}}

code_list! { Action = "adjustment_kind", "调整类型", "What a change does to a record" {
    Create "create" None, "新增";
    Amend "amend" None, "变更";
    Suspend "suspend" None, "暂停";
    Reinstate "reinstate" None, "恢复";
    Cancel "cancel" None, "取消";
    Merge "merge" None, "合并";
    Delegate "delegate" None, "下放(委托)";
    Renumber "renumber" None, "编码变更";
    Erase "erase" None, "删除";
}}

code_list! { Status = "status", "记录状态", "State of a record" {
    InForce "in_force" None, "有效";
    Suspended "suspended" None, "暂停";
    Cancelled "cancelled" None, "取消";
    Merged "merged" None, "合并";
    Erased "erased" None, "已删除";
}}

code_list! { Role = "role", "角色", "What an account may do, on an organisation or on a division and all below it" {
    Editor "editor" None, "编辑";
    Reviewer "reviewer" None, "审查";
    Publisher "publisher" None, "发布";
    Auditor "auditor" None, "审计";
    Admin "admin" None, "账号管理";
    Integration "integration" None, "系统对接";
}}

code_list! { DraftState = "draft_state", "草稿状态", "How far a draft has come" {
    Draft "draft" None, "起草";
    Submitted "submitted" None, "已提交";
    HalfApproved "half_approved" None, "已通过一项审查";
    Approved "approved" None, "审查通过";
    Returned "returned" None, "退回修改";
    Scheduled "scheduled" None, "定时公布";
    Published "published" None, "已公布";
    Discarded "discarded" None, "已作废";
}}

code_list! { Review = "review", "审查类别", "One of the two reviews that a draft passes before it is published" {
    Confidentiality "confidentiality" None, "保密审查";
    Legality "legality" None, "合法性审核";
}}

/// Every code list, in the order of `/v1/code-lists`.
pub const LISTS: &[CodeList] = &[
    Category::LIST,
    List::LIST,
    OrganisationNature::LIST,
    PowerSource::LIST,
    ExerciseLevel::LIST,
    Audience::LIST,
    HandlingType::LIST,
    Initiation::LIST,
    Channel::LIST,
    DurationUnit::LIST,
    OnlineDepth::LIST,
    CrossRegion::LIST,
    MaterialKind::LIST,
    MaterialForm::LIST,
    MaterialSource::LIST,
    Necessity::LIST,
    ResultType::LIST,
    Contact::LIST,
    ExpressScope::LIST,
    ThemeAudience::LIST,
    Theme::LIST,
    System::LIST,
    BasisPurpose::LIST,
    TextKind::LIST,
    PublicationChannel::LIST,
    IdentifierScheme::LIST,
    Authentication::LIST,
    SpecialProcedureKind::LIST,
    Stage::LIST,
    Clock::LIST,
    Outcome::LIST,
    NodeKind::LIST,
    LaneKind::LIST,
    RelationType::LIST,
    PrerequisiteKind::LIST,
    FeeKind::LIST,
    Charge::LIST,
    Pricing::LIST,
    FundManagement::LIST,
    FeeRuleKind::LIST,
    TierMode::LIST,
    ReductionKind::LIST,
    ParameterType::LIST,
    OrganisationKind::LIST,
    IntermediaryNature::LIST,
    InstrumentLevel::LIST,
    CleanUpAction::LIST,
    Action::LIST,
    Status::LIST,
    Role::LIST,
    DraftState::LIST,
    Review::LIST,
];

/// The list with this name.
pub fn list(name: &str) -> Option<&'static CodeList> {
    LISTS.iter().find(|list| list.name == name)
}

impl Theme {
    /// Whether a theme belongs to the lists of this audience.
    pub fn is_for(self, audience: ThemeAudience) -> bool {
        let legal_person = matches!(
            self,
            Self::Establishment
                | Self::Investment
                | Self::Construction
                | Self::Agriculture
                | Self::Environment
                | Self::Safety
                | Self::LandUse
                | Self::Culture
                | Self::Labour
                | Self::TaxFee
                | Self::Closure
        );
        self == Self::Other || legal_person == (audience == ThemeAudience::LegalPerson)
    }
}

impl PowerSource {
    /// Whether the power came from elsewhere: devolved, authorised or entrusted.
    pub fn is_delegated(self) -> bool {
        !matches!(self, Self::StatutoryOwnLevel | Self::ReviewAndForward)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_unique_values_and_codes() {
        for list in LISTS {
            let mut values: Vec<_> = list.codes.iter().map(|code| code.value).collect();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), list.codes.len(), "{}", list.name);
            let mut national: Vec<_> = list.codes.iter().filter_map(|code| code.national).collect();
            let count = national.len();
            national.sort_unstable();
            national.dedup();
            assert_eq!(national.len(), count, "{}", list.name);
        }
    }

    #[test]
    fn a_value_is_read_in_words() {
        assert_eq!(Category::AdministrativeBenefit.code().english(), "Administrative benefit");
        assert!(LISTS.iter().flat_map(|list| list.codes).all(|code| !code.english().is_empty()));
    }

    #[test]
    fn a_value_is_written_as_it_is_listed() {
        for category in Category::ALL {
            let json = serde_json::to_value(category).expect("JSON");
            assert_eq!(json, category.value());
            assert_eq!(Category::of(category.value()), Some(*category));
        }
    }
}
