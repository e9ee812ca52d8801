//! Services of intermediaries for items, counted.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::items::{Item, NeededService};

/// 中介服务: that items in force or suspended at the end of the year need. One that two items need counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ServiceFigures {
    /// 中介服务数
    #[schema(example = 6)]
    pub total: u64,
    /// 两家以上机构可选: at least two different intermediaries are named.
    #[schema(example = 4)]
    pub with_choice: u64,
    /// 必需的中介服务数
    #[schema(example = 3)]
    pub mandatory: u64,
    /// 必需的中介服务中两家以上机构可选
    #[schema(example = 2)]
    pub mandatory_with_choice: u64,
}

impl ServiceFigures {
    /// Takes the services that an item needs.
    pub fn count(&mut self, item: &Item) {
        item.intermediary_services.iter().for_each(|service| self.count_one(service));
    }

    fn count_one(&mut self, service: &NeededService) {
        let first = service.providers.first();
        let has_choice = service.providers.iter().any(|provider| Some(provider) != first);
        self.total += 1;
        self.with_choice += u64::from(has_choice);
        self.mandatory += u64::from(service.mandatory);
        self.mandatory_with_choice += u64::from(service.mandatory && has_choice);
    }
}
