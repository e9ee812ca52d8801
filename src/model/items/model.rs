//! An item: its fields (docs/DOMAIN.md §2.1).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    charts::Chart,
    model::instruments::Basis,
    values::{
        CatalogueCode, HandlingCode, ImplementationCode, ItemCode, Key, Period, Phone, Uscc,
        code_lists::{
            Audience, Authentication, Category, Channel, Charge, CrossRegion, ExerciseLevel, ExpressScope,
            HandlingType, IdentifierScheme, Initiation, List, MaterialForm, MaterialKind, MaterialSource, Necessity,
            OnlineDepth, OrganisationNature, PowerSource, PrerequisiteKind, RelationType, ResultType,
            SpecialProcedureKind, Stage, System, Theme, ThemeAudience,
        },
    },
};

/// 政务服务事项 / 权责事项: one power or one public service that one organisation carries out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// 事项编码: the handling code where there is one, else the implementation code; the key.
    pub code: ItemCode,
    /// 基本编码: the same in all the country.
    pub catalogue_code: CatalogueCode,
    /// 实施编码: organisation, level and catalogue code.
    pub implementation_code: ImplementationCode,
    /// 业务办理项编码: when the item is one handling item of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling_code: Option<HandlingCode>,
    /// 其他系统编码: codes of other systems, one of each scheme.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub identifiers: Vec<Identifier>,
    /// 事项名称
    #[schema(max_length = 200, example = "最低生活保障对象审核")]
    pub name: String,
    /// 别名: words the public uses.
    #[serde(default)]
    #[schema(max_items = 10, example = json!(["低保", "低保金"]))]
    pub aliases: Vec<String>,
    /// 事项简述: one plain sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub summary: Option<String>,
    /// 所属清单
    pub list: List,
    /// 事项类型: as digits 3–4 of the catalogue code.
    pub category: Category,
    /// 主项: of a sub-item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_item: Option<MainItem>,
    /// 业务系统
    pub system: System,
    /// 主题分类
    #[serde(default)]
    #[schema(max_items = 20)]
    pub themes: Vec<ItemTheme>,
    /// 关键词
    #[serde(default)]
    #[schema(max_items = 20)]
    pub keywords: Vec<String>,
    /// 实施主体: the organisation whose power or service it is.
    pub organisation: Uscc,
    /// 实施主体性质
    pub organisation_nature: OrganisationNature,
    /// 权力来源
    pub power_source: PowerSource,
    /// 行使层级: as the level digit of the code.
    pub exercise_level: ExerciseLevel,
    /// 行使内容: when several levels share the power.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub exercise_content: Option<String>,
    /// 委托部门: required when the power is entrusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrustment: Option<Entrustment>,
    /// 承办机构: the office or window that does the work.
    #[schema(max_length = 100, example = "民政办公室")]
    pub handling_office: String,
    /// 联办机构
    #[serde(default)]
    #[schema(max_items = 20)]
    pub joint_organisations: Vec<JointOrganisation>,
    /// 设定依据
    #[serde(default)]
    #[schema(max_items = 50)]
    pub legal_bases: Vec<Basis>,
    /// 服务对象
    #[serde(default)]
    #[schema(max_items = 7)]
    pub audience: Vec<Audience>,
    /// 受理条件
    #[serde(default)]
    #[schema(max_items = 100)]
    pub conditions: Vec<Clause>,
    /// 禁止性要求
    #[serde(default)]
    #[schema(max_items = 100)]
    pub prohibitions: Vec<Clause>,
    /// 数量限制
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_limit: Option<QuantityLimit>,
    /// 办件类型: on application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling_type: Option<HandlingType>,
    /// 依申请/依职权
    pub initiation: Initiation,
    /// 法定办结时限: null only with `limit_note`.
    #[serde(default)]
    pub legal_limit: Option<Period>,
    /// 承诺办结时限: not longer than the legal limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_limit: Option<Period>,
    /// 时限说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub limit_note: Option<String>,
    /// 特殊环节: not counted in the promised limit.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub special_procedures: Vec<SpecialProcedure>,
    /// 申请材料
    #[serde(default)]
    #[schema(max_items = 100)]
    pub materials: Vec<Material>,
    /// 无需材料
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_materials: Option<bool>,
    /// 是否收费
    pub charge: Charge,
    /// 收费项目
    #[serde(default)]
    #[schema(max_items = 50)]
    pub fees: Vec<Key>,
    /// 网上支付
    pub online_payment: bool,
    /// 预约办理
    pub appointment: bool,
    /// 自助终端
    pub self_service_terminal: bool,
    /// 进驻大厅
    pub in_service_centre: bool,
    /// 物流快递
    pub express: Express,
    /// 办理形式
    #[serde(default)]
    #[schema(max_items = 5)]
    pub channels: Vec<Channel>,
    /// 网办深度
    pub online: Online,
    /// 通办范围
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_region: Option<CrossRegion>,
    /// 到现场次数
    #[schema(minimum = 0, maximum = 9, example = 1)]
    pub visits: u32,
    /// 必须现场办理原因
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub visit_reason: Option<String>,
    /// 办理地点: hours and address are the place's own.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub places: Vec<HandlingPlace>,
    /// 咨询方式
    #[serde(default)]
    #[schema(max_items = 20)]
    pub consultation: Vec<Phone>,
    /// 监督投诉方式
    #[serde(default)]
    #[schema(max_items = 20)]
    pub supervision: Vec<Phone>,
    /// 办理结果
    #[serde(default)]
    #[schema(max_items = 20)]
    pub results: Vec<HandlingResult>,
    /// 年审年检
    pub periodic_check: PeriodicCheck,
    /// 中介服务
    #[serde(default)]
    #[schema(max_items = 20)]
    pub intermediary_services: Vec<NeededService>,
    /// 前置审批/前置服务
    #[serde(default)]
    #[schema(max_items = 20)]
    pub prerequisites: Vec<Prerequisite>,
    /// 关联事项
    #[serde(default)]
    #[schema(max_items = 50)]
    pub relations: Vec<Relation>,
    /// 行政复议/行政诉讼
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedies: Option<Remedies>,
    /// 常见问题
    #[serde(default)]
    #[schema(max_items = 50)]
    pub faqs: Vec<Faq>,
    /// 责任事项
    #[serde(default)]
    #[schema(max_items = 50)]
    pub responsibilities: Vec<Responsibility>,
    /// 追责情形
    #[serde(default)]
    #[schema(max_items = 50)]
    pub accountability: Vec<Accountability>,
    /// 监督方式/事中事后监管
    #[serde(default)]
    #[schema(max_items = 50)]
    pub oversight: Vec<Clause>,
    /// 流程图
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    /// 实名认证等级
    #[serde(default)]
    #[schema(max_items = 5)]
    pub authentication: Vec<Authentication>,
    /// 核验日期: when the office last confirmed that all is still true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_on: Option<NaiveDate>,
    /// 核验机构
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub verified_by: Option<String>,
    /// 下次核验日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_due: Option<NaiveDate>,
    /// 多语言名称: by BCP 47 language tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub translations: BTreeMap<String, Translation>,
    /// 生效日期
    pub effective_from: NaiveDate,
    /// 取消日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<NaiveDate>,
}

impl Item {
    /// Whether the responsibility list shows it: a power with the duties or the accountability that belong to it.
    pub fn is_on_responsibility_list(&self) -> bool {
        self.list == List::Power && !(self.responsibilities.is_empty() && self.accountability.is_empty())
    }
}

/// 其他系统编码
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// 编码体系
    pub scheme: IdentifierScheme,
    /// 编码
    #[schema(max_length = 64, example = "侯洋清010001")]
    pub value: String,
}

/// 主项
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MainItem {
    /// 基本编码: ends in 000.
    pub catalogue_code: CatalogueCode,
    /// 名称
    #[schema(max_length = 200)]
    pub name: String,
}

/// 主题
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemTheme {
    /// 服务对象
    pub audience: ThemeAudience,
    /// 主题
    pub code: Theme,
}

/// 委托
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entrustment {
    /// 委托机关
    pub by: Uscc,
    /// 委托文书
    #[schema(max_length = 200)]
    pub document: String,
    /// 委托期限起
    pub from: NaiveDate,
    /// 委托期限止
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

/// 联办机构
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JointOrganisation {
    /// 机构
    pub organisation: Uscc,
    /// 分工
    #[schema(max_length = 100, example = "审批（审定）")]
    pub role: String,
}

/// 条文: one numbered sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 内容
    pub text: String,
}

/// 数量限制
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantityLimit {
    /// 是否有限制
    pub limited: bool,
    /// 说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub text: Option<String>,
    /// 依据
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub basis: Option<String>,
}

/// 特殊环节
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialProcedure {
    /// 类别
    pub kind: SpecialProcedureKind,
    /// 名称
    #[schema(max_length = 200, example = "公示")]
    pub name: String,
    /// 时限
    pub limit: Period,
    /// 依据
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub basis: Option<String>,
}

/// 申请材料
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 材料名称
    #[schema(max_length = 200, example = "最低生活保障申请表")]
    pub name: String,
    /// 材料类型
    pub kind: MaterialKind,
    /// 材料形式
    pub form: MaterialForm,
    /// 纸质份数
    #[schema(minimum = 0, maximum = 20)]
    pub paper_copies: u32,
    /// 材料来源
    pub source: MaterialSource,
    /// 核发机关
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub source_organisation: Option<String>,
    /// 材料必要性
    pub necessity: Necessity,
    /// 填写要求
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub requirement: Option<String>,
    /// 要求提供材料的依据
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub basis: Option<String>,
    /// 空白表格
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference")]
    pub blank_form_url: Option<String>,
    /// 示例样表
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference")]
    pub sample_url: Option<String>,
    /// 是否通过数据共享获取
    pub obtained_by_sharing: bool,
    /// 适用情形
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub when: Option<String>,
}

/// 物流快递
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Express {
    /// 是否支持
    pub supported: bool,
    /// 范围
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ExpressScope>,
}

/// 网上办理
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Online {
    /// 网办深度
    pub depth: OnlineDepth,
    /// 网上办理地址
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference")]
    pub url: Option<String>,
    /// 不能网办原因
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// 办理地点
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandlingPlace {
    /// 办事场所
    #[schema(example = "yangli-hall")]
    pub place: Key,
    /// 窗口
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "1号窗口")]
    pub window: Option<String>,
    /// 电话
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "0591-26000101")]
    pub phone: Option<String>,
    /// 说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// 办理结果
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandlingResult {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 结果类型
    #[serde(rename = "type")]
    pub r#type: ResultType,
    /// 结果名称
    #[schema(max_length = 200)]
    pub name: String,
    /// 结果样本
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference")]
    pub sample_url: Option<String>,
    /// 有效期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity: Option<Period>,
    /// 出具机构
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Uscc>,
}

/// 年审年检
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodicCheck {
    /// 是否需要
    pub required: bool,
    /// 说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub text: Option<String>,
    /// 依据
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub basis: Option<String>,
}

/// 中介服务: a paid third party's paper that the item needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeededService {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 服务名称
    #[schema(max_length = 200)]
    pub name: String,
    /// 是否必需
    pub mandatory: bool,
    /// 依据
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub basis: Option<String>,
    /// 时限
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Period>,
    /// 中介机构
    #[serde(default)]
    #[schema(max_items = 200)]
    pub providers: Vec<Uscc>,
}

/// 前置审批/前置服务
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prerequisite {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 类型
    pub kind: PrerequisiteKind,
    /// 事项
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemCode>,
    /// 名称
    #[schema(max_length = 200)]
    pub name: String,
    /// 实施机构
    #[schema(max_length = 100)]
    pub organisation_name: String,
    /// 依据
    #[schema(max_length = 300)]
    pub basis: String,
}

/// 关联事项
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// 关联类型
    #[serde(rename = "type")]
    pub r#type: RelationType,
    /// 事项
    pub item: ItemCode,
    /// 说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// 救济途径
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remedies {
    /// 行政复议
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconsideration: Option<Reconsideration>,
    /// 行政诉讼
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub litigation: Option<Litigation>,
    /// 说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// 行政复议
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconsideration {
    /// 复议机关
    #[schema(max_length = 100, example = "闽侯县人民政府")]
    pub organisation_name: String,
    /// 地址
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub address: Option<String>,
    /// 期限
    pub limit: Period,
}

/// 行政诉讼
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Litigation {
    /// 管辖法院
    #[schema(max_length = 100, example = "闽侯县人民法院")]
    pub court_name: String,
    /// 期限
    pub limit: Period,
}

/// 常见问题
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Faq {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 问
    #[schema(max_length = 200)]
    pub question: String,
    /// 答
    pub answer: String,
}

/// 责任事项
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Responsibility {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 环节
    pub stage: Stage,
    /// 责任内容
    pub text: String,
    /// 依据
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub basis: Option<String>,
}

/// 追责情形
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accountability {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 情形
    pub text: String,
    /// 依据
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub basis: Option<String>,
}

/// 译文
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// 名称
    #[schema(max_length = 200)]
    pub name: String,
    /// 简述
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub summary: Option<String>,
}
