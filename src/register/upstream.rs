//! The sources of a mirror, and how the copying from each goes: written by the mirror, read by all that
//! speak of it (the service document, health, metrics, the refusal of writes).

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use utoipa::ToSchema;

use crate::register::changes::Seq;

/// Without word from a source for so long, its mirror counts as cut off from it.
const STALE: Duration = Duration::from_secs(90);

/// The reason that is given for a source whose lines wait for those of others.
const WAITING: &str = "its lines have come and wait for what other sources published before";
/// The reason that is given for a source for which the lines of others wait no longer.
const OVERTAKEN: &str = "it is slow: what other sources publish waits for it no longer";

/// The registers that this one repeats.
pub struct Upstream {
    sources: Vec<Arc<Source>>,
    division: Option<String>,
    log: LogKind,
    disputes: Mutex<Disputes>,
}

/// 镜像日志: whose log a mirror has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// The source's, line by line.
    Copied,
    /// Its own, gathered from a part of a register, or from several.
    Gathered,
}

/// One of them.
pub struct Source {
    address: String,
    standing: Mutex<SourceState>,
}

/// How the copying from one source goes.
#[derive(Clone, Debug, Default)]
pub struct SourceState {
    /// The last line that was taken from it.
    pub seq: Seq,
    /// The last line of its log, as far as it has said.
    pub head: Seq,
    /// When it last answered as it should.
    pub contact: Option<Instant>,
    /// The trouble with it, if there is any.
    pub trouble: Option<Trouble>,
    /// How many times it was refused since the start.
    pub refusals: u64,
    /// Whether everything that it has published was taken at some moment since the start.
    pub reached: bool,
    /// Whether lines of it have come, and wait for those of others.
    pub waits: bool,
    /// Whether it was so slow that the lines of others wait for it no longer, and not everything was taken from it since.
    pub overtaken: bool,
}

/// Why a mirror takes nothing more from a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The source does not answer, or not as a register does.
    Unreachable(String),
    /// It contradicts what it said before, or itself. Nothing of it is taken.
    Refused(String),
    /// The mirror's own database fails.
    NotStored(String),
}

/// Records that a source claims although they are another's.
#[derive(Clone, Debug, Default)]
pub struct Disputes {
    /// How many records.
    pub count: i64,
    /// The latest of them.
    pub latest: Vec<Dispute>,
}

/// 争议记录: a record that two sources claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Dispute {
    /// 记录类别
    #[schema(example = "place")]
    pub kind: String,
    /// 编码
    #[schema(example = "yangli-hall")]
    pub key: String,
    /// 归属: the source from which the record is shown.
    #[schema(example = "https://yangli.example")]
    pub owner: String,
    /// 另一来源: the one that claims it, too. Its lines about the record are left out.
    #[schema(example = "https://honglai.example")]
    pub claimed_by: String,
}

/// 镜像来源: what a mirror is of.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MirrorOf {
    /// 来源地址
    #[schema(example = json!(["https://yangli.example"]))]
    pub sources: Vec<String>,
    /// 行政区划: what it is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "350121202")]
    pub division: Option<String>,
    /// 镜像日志
    pub log: LogKind,
}

/// 镜像状态: how a mirror stands to its sources.
#[derive(Serialize, ToSchema)]
pub struct MirrorReadiness {
    /// 来源
    pub sources: Vec<SourceReadiness>,
    /// 争议记录数: records that a source claims although they are another's.
    #[schema(example = 0)]
    pub disputed: i64,
    /// 争议记录: the latest of them.
    pub disputes: Vec<Dispute>,
}

/// 来源状态
#[derive(Serialize, ToSchema)]
pub struct SourceReadiness {
    /// 来源地址
    #[schema(example = "https://yangli.example")]
    pub source: String,
    /// 状态: `following`; `starting` until everything was taken once; `unreachable`; `refused` where the source contradicts
    /// what it said before: then nothing more is taken from it; `not_stored` where the mirror's own database fails.
    #[schema(example = "following")]
    pub state: &'static str,
    /// 已取序号: the last line that was taken from it.
    #[schema(example = 378)]
    pub seq: Seq,
    /// 来源末尾序号: the last line of its log, as far as it has said.
    #[schema(example = 378)]
    pub head: Seq,
    /// 未取变更数
    #[schema(example = 0)]
    pub behind: Seq,
    /// 距上次联系的秒数: since it last answered as it should; null before the first time.
    #[schema(example = 3)]
    pub seconds_since_contact: Option<u64>,
    /// 原因: what is wrong, in English, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
}

impl Upstream {
    /// The registers at these addresses, or the part of them below `division`.
    pub fn new(addresses: Vec<String>, division: Option<String>) -> Self {
        let log = if addresses.len() == 1 && division.is_none() { LogKind::Copied } else { LogKind::Gathered };
        let source = |address| Arc::new(Source { address, standing: Mutex::default() });
        Self { sources: addresses.into_iter().map(source).collect(), division, log, disputes: Mutex::default() }
    }

    /// The sources of the mirror.
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// The division to which the mirror is limited.
    pub fn division(&self) -> Option<&str> {
        self.division.as_deref()
    }

    /// The kind of its log.
    pub fn log(&self) -> LogKind {
        self.log
    }

    /// Notes the records that are in dispute.
    pub fn dispute(&self, disputes: Disputes) {
        *self.disputes.lock().unwrap_or_else(PoisonError::into_inner) = disputes;
    }

    /// The sources and the part of them that it is a mirror of.
    pub fn mirror_of(&self) -> MirrorOf {
        let sources = self.sources.iter().map(|source| source.address.clone()).collect();
        MirrorOf { sources, division: self.division.clone(), log: self.log }
    }

    /// Whether everything was taken from every source at some moment since the start, or whatever keeps it from that is
    /// told as trouble.
    pub fn is_settled(&self) -> bool {
        self.sources.iter().all(|source| {
            let standing = source.standing();
            standing.reached || standing.trouble.is_some() || standing.overtaken
        })
    }

    /// Whether some source is not followed as it should be.
    pub fn is_degraded(&self) -> bool {
        self.sources.iter().any(|source| !source.standing().is_sound())
    }

    /// Tells how each source is followed, and which records are in dispute.
    pub fn readiness(&self) -> MirrorReadiness {
        let disputes = self.disputes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sources = self.sources.iter().map(|source| source.readiness()).collect();
        MirrorReadiness { sources, disputed: disputes.count, disputes: disputes.latest }
    }
}

impl Source {
    /// Its address, without a slash at its end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The state of the copying from it.
    pub fn standing(&self) -> SourceState {
        self.lock().clone()
    }

    /// Notes that it answered as it should: its log ends at `head`, and everything up to `seq` was taken.
    pub fn answered(&self, seq: Seq, head: Seq) {
        let mut standing = self.lock();
        (standing.seq, standing.head) = (seq, head.max(seq));
        standing.contact = Some(Instant::now());
        (standing.trouble, standing.waits) = (None, false);
        standing.reached |= seq >= head;
        standing.overtaken &= seq < head;
    }

    /// Notes that it answered as it should, and that what came waits for what others published before; its log ends at `head`.
    pub fn waits(&self, head: Seq) {
        let mut standing = self.lock();
        standing.head = head.max(standing.seq);
        standing.contact = Some(Instant::now());
        (standing.trouble, standing.waits) = (None, true);
    }

    /// Lets the lines of others wait for it no longer; whether they did until now.
    pub fn overtake(&self) -> bool {
        !std::mem::replace(&mut self.lock().overtaken, true)
    }

    /// Notes why it cannot be followed; the word of a register that contradicts itself is not forgotten because it then keeps silent.
    pub fn failed(&self, trouble: Trouble) {
        let mut standing = self.lock();
        standing.waits = false;
        if matches!(trouble, Trouble::Refused(_)) {
            standing.refusals += 1;
        } else if matches!(standing.trouble, Some(Trouble::Refused(_))) {
            return;
        }
        standing.trouble = Some(trouble);
    }

    /// Notes that everything up to `seq` had been taken before the start.
    pub fn begins_at(&self, seq: Seq) {
        let mut standing = self.lock();
        (standing.seq, standing.head) = (seq, standing.head.max(seq));
    }

    fn readiness(&self) -> SourceReadiness {
        let standing = self.standing();
        let (state, reason) = match &standing.trouble {
            Some(Trouble::Refused(reason)) => ("refused", Some(reason.clone())),
            Some(Trouble::Unreachable(reason)) => ("unreachable", Some(reason.clone())),
            Some(Trouble::NotStored(reason)) => ("not_stored", Some(reason.clone())),
            None if standing.is_stale() => ("unreachable", standing.delay()),
            None if standing.reached => ("following", standing.delay()),
            None => ("starting", standing.delay()),
        };
        SourceReadiness {
            source: self.address.clone(),
            state,
            seq: standing.seq,
            head: standing.head,
            behind: standing.head - standing.seq,
            seconds_since_contact: standing.contact.map(|contact| contact.elapsed().as_secs()),
            reason,
        }
    }

    fn lock(&self) -> MutexGuard<'_, SourceState> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SourceState {
    /// Whether it is followed as it should be, or was a moment ago.
    pub fn is_sound(&self) -> bool {
        match &self.trouble {
            Some(Trouble::Refused(_)) => false,
            Some(Trouble::NotStored(_)) => false,
            Some(Trouble::Unreachable(_)) | None => self.contact.is_some() && !self.is_stale() && !self.overtaken,
        }
    }

    /// Whether there was no word from it for long. One whose lines wait is not asked meanwhile.
    fn is_stale(&self) -> bool {
        !self.waits && self.contact.is_some_and(|contact| contact.elapsed() >= STALE)
    }

    /// The reason for its delay, in words.
    fn delay(&self) -> Option<String> {
        let told = if self.overtaken { Some(OVERTAKEN) } else { self.waits.then_some(WAITING) };
        told.map(str::to_owned)
    }
}
