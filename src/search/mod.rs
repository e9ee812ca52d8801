#![allow(missing_docs)]
//! stub
use roaring::RoaringBitmap;
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub names: Vec<String>,
    pub body: String,
    pub codes: Vec<String>,
}
#[derive(Debug, PartialEq)]
pub struct Text(Document);
impl Text {
    pub fn of(d: &Document) -> Self {
        Self(d.clone())
    }
}
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Index(RoaringBitmap);
#[derive(Clone, Debug)]
pub struct Query(String);
impl Query {
    pub fn parse(q: &str) -> Result<Self, crate::problem::Wrong> {
        Ok(Self(q.into()))
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(u32);
pub struct Hits {
    pub all: RoaringBitmap,
    pub estimated: bool,
    pub ranked: Vec<(Rank, u32)>,
}
impl Index {
    pub fn insert(&mut self, id: u32, _t: &Text) {
        self.0.insert(id);
    }
    pub fn remove(&mut self, id: u32, _t: &Text) {
        self.0.remove(id);
    }
    pub fn search<'a>(
        &self,
        q: &Query,
        within: Option<&RoaringBitmap>,
        text: impl Fn(u32) -> Option<&'a Text>,
    ) -> Hits {
        let all = self
            .0
            .iter()
            .filter(|id| within.is_none_or(|w| w.contains(*id)))
            .filter(|id| text(*id).is_some_and(|t| matches(q, t)))
            .collect();
        Hits { all, estimated: false, ranked: Vec::new() }
    }
}
pub fn matches(q: &Query, t: &Text) -> bool {
    t.0.names.iter().any(|n| n.contains(&q.0)) || t.0.body.contains(&q.0)
}
#[derive(Clone, Debug)]
pub struct Segment {
    pub text: String,
    pub is_match: bool,
}
pub fn highlight(_q: &Query, _t: &str) -> Option<Vec<Segment>> {
    None
}
pub fn snippet(_q: &Query, _t: &str) -> Option<Vec<Segment>> {
    None
}
