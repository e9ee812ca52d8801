//! The endpoints of many drafts at once as OpenAPI describes them.

use serde_json::json;

use super::{
    bulk_endpoints::ENDPOINTS,
    bulk_request::{Discarding, PublishingMany, Returning, Reviewing, Submitting, Withdrawing},
    bulk_shapes::{DraftResult, DraftResults},
};
use crate::{
    problem::Code,
    staff::requests::Promise,
    web::contract::{Operation, Schemas, schema},
};

/// What holds for every step of many drafts.
const OF_MANY: &str = " The drafts are listed (`drafts`, at most 500, perhaps with the `versions` that you saw) or those of an `import`: all of \
     them that are open and that you may see. Each draft is asked what a step of it alone is asked, and has its result: its new state, or \
     the `problem` that the step alone would have been answered with; 200 does not say that all were done, `refused` says of how many it \
     was not. With `atomic` nothing is done when one is refused: the answer is the problem that all of these have, else 409, and \
     `conflict.results` tells why of each. One `Idempotency-Key` is for the whole request. It counts against the limit once more for each \
     25 drafts beyond the first 25.";

/// A step of many drafts, which answers with a result for each.
const STEP: Promise = Promise {
    answer: Some(|| schema("DraftResults")),
    refuses: &[Code::StateConflict, Code::Stale],
    succeeds: &[(200, "逐份结果 · A result for each draft")],
    ..Promise::NOTHING
};

/// A step that others than the author take.
const STEP_OF_OTHERS: Promise = Promise { refuses: &[Code::StateConflict, Code::Stale, Code::FourEyes], ..STEP };

/// Every operation of many drafts.
pub fn describe(tag: &'static str, schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<DraftResults>();
    schemas.add::<DraftResult>();
    schemas.add::<Submitting>();
    schemas.add::<Reviewing>();
    schemas.add::<Returning>();
    schemas.add::<Withdrawing>();
    schemas.add::<Discarding>();
    schemas.add::<PublishingMany>();
    PROMISES.iter().filter_map(|promise| promise.operation(tag, ENDPOINTS)).collect()
}

const PROMISES: &[Promise] = &[
    Promise {
        action: "submission.create",
        summary: "批量提交 · Submit many",
        description: &[
            "Hands many drafts in for the two reviews. Drafts that name each other may come together: an organisation and its items. \
             `reason` and `document` are written into those drafts that have none and are still drafts; what a draft says itself stays.",
            OF_MANY,
        ],
        sends: Some((
            "SubmissionRequest",
            || json!({ "import": "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d", "reason": "年度清单核对", "atomic": true }),
        )),
        refuses: &[Code::StateConflict, Code::Stale, Code::QuotaFull],
        ..STEP
    },
    Promise {
        action: "review.create",
        summary: "批量审查通过 · Approve many",
        description: &[
            "Gives one of the two approvals to many drafts: `confidentiality` (保密审查) or `legality` (合法性审核). Who wrote or submitted a \
             draft approves nothing of it, and nobody gives both. `versions` makes sure that you approve what you have read.",
            OF_MANY,
        ],
        sends: Some((
            "ReviewRequest",
            || json!({ "kind": "legality", "drafts": ["019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d"], "versions": [2] }),
        )),
        ..STEP_OF_OTHERS
    },
    Promise {
        action: "return.create",
        summary: "批量退回 · Send many back",
        description: &["Sends many drafts back, with one comment that says what to mend. All approvals fall.", OF_MANY],
        sends: Some((
            "ReturnRequest",
            || json!({ "drafts": ["019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d"], "comment": "办理时限与依据不符，请核对" }),
        )),
        ..STEP
    },
    Promise {
        action: "withdrawal.create",
        summary: "批量撤回 · Withdraw many",
        description: &["Takes many drafts back, each by its author. All approvals fall.", OF_MANY],
        sends: Some(("WithdrawalRequest", || json!({ "import": "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d" }))),
        ..STEP
    },
    Promise {
        action: "discard.create",
        summary: "批量作废 · Give many up",
        description: &["Gives many drafts up before their submission. Their texts are removed.", OF_MANY],
        sends: Some(("DiscardRequest", || json!({ "import": "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d" }))),
        ..STEP
    },
    Promise {
        action: "publication.create",
        summary: "批量公布 · Publish many",
        description: &[
            "Publishes approved drafts together, in the order given, or all open drafts of an `import`: all of them or none, checked as \
             one, seen as one. No word is added: reason, document and channels are those of each draft, which were approved. Mistakes are \
             at `/drafts/{index}/…`. Where drafts may not be published as they stand, `conflict.results` names each of them, with its \
             `problem`; `results` of the answer names every draft that was published or scheduled. It counts against the limit once more \
             for each 25 drafts beyond the first 25.",
        ],
        answer: Some(|| schema("PublicationResult")),
        sends: Some(("PublicationRequest", || json!({ "drafts": ["019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d"] }))),
        refuses: &[Code::StateConflict, Code::FourEyes],
        succeeds: &[(201, "已公布 · Published"), (202, "已排定 · Scheduled")],
        ..Promise::NOTHING
    },
];
