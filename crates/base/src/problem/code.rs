//! The problem codes, one table: status, stable word, title and remedy in both languages.

use actix_web::http::StatusCode;

/// One row of the table of problem codes.
pub struct Spec {
    /// HTTP status.
    pub status: StatusCode,
    /// The stable word; the last part of `type`.
    pub code: &'static str,
    /// Chinese title.
    pub chinese: &'static str,
    /// English title.
    pub english: &'static str,
    /// Tells a client in Chinese how to go on.
    pub remedy_chinese: &'static str,
    /// Tells a client in English how to go on.
    pub remedy_english: &'static str,
}

macro_rules! codes {
    ($(#[doc = $doc:literal] $name:ident $status:ident $code:literal [$chinese:literal, $english:literal] [$remedy_chinese:literal, $remedy_english:literal];)*) => {
        /// The kind of a problem, as one stable word that clients may match on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $doc] $name,)*
        }

        impl Code {
            /// Every code, in the order of this table, which is that of the page `/problems`.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The row of this code.
            pub const fn spec(self) -> Spec {
                match self {
                    $(Self::$name => Spec {
                        status: StatusCode::$status,
                        code: $code,
                        chinese: $chinese,
                        english: $english,
                        remedy_chinese: $remedy_chinese,
                        remedy_english: $remedy_english,
                    },)*
                }
            }
        }
    };
}

codes! {
    /// A reader who has seen more of the log than there is.
    AheadOfLog CONFLICT "ahead-of-log"
        ["读取位置超出日志末尾", "The reader is ahead of the log"]
        ["所持序号在本登记簿中尚不存在：登记簿可能由较早的备份恢复，或者已被改写。请停止同步，与登记机关核对后再从头镜像。", "This register never gave out that seq: it was restored from an older copy, or rewritten. Stop following, ask its operator, and mirror it anew only then."];
    /// A name and a password that do not go together, or a client and its secret.
    BadCredentials UNAUTHORIZED "bad-credentials"
        ["用户名或密码不正确", "The name and the secret do not go together"]
        ["请核对后再试；多次失败后须等待一段时间。忘记密码请联系账号管理员。", "Check both and try again; after several failures you have to wait. An administrator can set a new password."];
    /// The body is larger than the limit.
    BodyTooLarge PAYLOAD_TOO_LARGE "body-too-large"
        ["请求内容过大", "The body is too large"]
        ["请缩小或者分批提交。", "Send less, or in parts."];
    /// A quotation that needs to be told more.
    FeeParameterMissing UNPROCESSABLE_ENTITY "fee-parameter-missing"
        ["计算收费还缺少情况", "The fee depends on more than was told"]
        ["missing 逐项列出了还需给出的参数及其可取的值；缺少的情况不作推定。", "`missing` names every parameter that is still needed and the values it takes; nothing is guessed."];
    /// The caller lacks the permission.
    Forbidden FORBIDDEN "forbidden"
        ["没有相应权限", "Not permitted"]
        ["该操作需要 detail 所述的权限；请联系账号管理员。", "`detail` names the permission that is needed; ask an administrator."];
    /// Four eyes: the author, or one person twice.
    FourEyes FORBIDDEN "four-eyes"
        ["须由另一人办理", "Another person has to do this"]
        ["起草人、提交人不得审查或者公布自己的草稿，两项审查须由两人分别作出；授权须由另一管理员确认。", "Who wrote or submitted a draft neither approves nor publishes it, and nobody gives both approvals. Another administrator than the one who gave a grant confirms it."];
    /// Erased after publication.
    Gone GONE "gone"
        ["内容已被依法删除", "Erased"]
        ["该版本不应公开，已删除；其存证仍然有效。", "This revision should never have been public; its tombstone and proofs remain."];
    /// Headers larger than the limit.
    HeadersTooLarge REQUEST_HEADER_FIELDS_TOO_LARGE "headers-too-large"
        ["请求头过大", "The headers are too large"]
        ["请缩短请求头。", "Send shorter headers."];
    /// A key of idempotency that came with another request before.
    IdempotencyMismatch UNPROCESSABLE_ENTITY "idempotency-mismatch"
        ["幂等键已用于另一请求", "The idempotency key came with another request"]
        ["重试时请原样重发同一请求；新的请求请使用新的 Idempotency-Key。", "Repeat the same request unchanged, or send a new one with a new Idempotency-Key."];
    /// Something of ours failed.
    Internal INTERNAL_SERVER_ERROR "internal"
        ["服务器内部错误", "Internal error"]
        ["请稍后再试，并向管理员提供 X-Request-Id。", "Try again later; give the operator the X-Request-Id."];
    /// A body that breaks rules.
    InvalidBody UNPROCESSABLE_ENTITY "invalid-body"
        ["提交内容不符合要求", "The body breaks rules"]
        ["errors 逐项列出了需要改正的字段。", "`errors` names every field to mend."];
    /// A cursor that this list did not give out.
    InvalidCursor BAD_REQUEST "invalid-cursor"
        ["游标无效", "The cursor is not of this list"]
        ["游标须原样取自上一页的 next，且其余查询参数不变。", "Take the cursor unchanged from `next` of the page before, with the same other parameters."];
    /// A header that cannot be read.
    InvalidHeader BAD_REQUEST "invalid-header"
        ["请求头无法识别", "A header cannot be read"]
        ["errors 指出了请求头的名称。", "`errors` names the header."];
    /// A path that cannot be read.
    InvalidPath BAD_REQUEST "invalid-path"
        ["路径无法识别", "The path cannot be read"]
        ["路径须为 UTF-8 并正确进行百分号编码，修订号须为正整数。", "Paths are UTF-8, percent-encoded; revision numbers are positive integers."];
    /// A query that cannot be read.
    InvalidQuery BAD_REQUEST "invalid-query"
        ["查询参数不符合要求", "The query cannot be read"]
        ["errors 逐项列出了有问题的参数；未知参数不会被忽略。", "`errors` names every parameter at fault; an unknown one is never ignored."];
    /// The resource does not know the method.
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed"
        ["不支持该请求方法", "Method not allowed"]
        ["Allow 响应头列出了可用的方法。", "The Allow header lists the methods."];
    /// A mirror, which only repeats what is published elsewhere.
    MirrorReadOnly FORBIDDEN "mirror-read-only"
        ["本站是镜像，只供查阅", "This is a mirror: it can only be read"]
        ["请到 detail 所述的来源办理；Link 头给出同一操作在那里的地址。", "`detail` names the register where this is done; the header `Link` gives its address there."];
    /// No representation that the client takes.
    NotAcceptable NOT_ACCEPTABLE "not-acceptable"
        ["没有所要求的格式", "No such representation"]
        ["detail 列出了可提供的格式。", "`detail` lists what is offered."];
    /// Nothing there.
    NotFound NOT_FOUND "not-found"
        ["未找到", "Not found"]
        ["请核对路径和编码。", "Check the path and the code."];
    /// A password that somebody else set.
    PasswordChangeRequired FORBIDDEN "password-change-required"
        ["密码由他人设置，须先修改", "The password was set by somebody else and has to be changed first"]
        ["请用 PUT /v1/me/password 把它改为只有本人知道的密码；此前不能办理其他事项。", "Change it with PUT /v1/me/password to one that nobody else knows; until then nothing else is permitted."];
    /// `If-Match` is required.
    PreconditionMissing PRECONDITION_REQUIRED "precondition-missing"
        ["缺少 If-Match", "If-Match is required"]
        ["请带上最近一次读取到的 ETag。", "Send the ETag of your last read."];
    /// A range that begins past the end.
    RangeNotSatisfiable RANGE_NOT_SATISFIABLE "range-not-satisfiable"
        ["没有所要求的字节范围", "No such range of bytes"]
        ["Content-Range 给出了文件的大小。", "`Content-Range` tells the size of the file."];
    /// Somebody else changed it.
    Stale PRECONDITION_FAILED "stale"
        ["内容已被他人修改", "Changed by somebody else"]
        ["请重新读取后再提交。", "Read it again, then repeat."];
    /// More of something than the quota of an office.
    QuotaFull CONFLICT "quota-full"
        ["配额已满", "The quota is full"]
        ["detail 说明了哪项配额已满、如何腾出。", "`detail` tells which quota is full and how to make room."];
    /// An import that takes values out of the register, applied without saying that it may.
    RemovalsNotAllowed CONFLICT "removals-not-allowed"
        ["导入将移除已登记的内容", "The import takes values out of the register"]
        ["conflict 列出了哪些行移除哪些字段。确实要移除的，加上 removals=allow；否则把内容补回文件后重新导入。", "`conflict` lists the rows and the fields of which values go. Say removals=allow where that is meant; otherwise put them back into the file and send it again."];
    /// The record's state forbids the step.
    StateConflict CONFLICT "state-conflict"
        ["记录的状态不允许此操作", "The record's state forbids this"]
        ["detail 说明了当前状态。", "`detail` tells the present state."];
    /// More requests than the limit.
    TooManyRequests TOO_MANY_REQUESTS "too-many-requests"
        ["请求过于频繁", "Too many requests"]
        ["请按 Retry-After 稍后重试。", "Try again after Retry-After."];
    /// A body that arrived too slowly.
    TooSlow REQUEST_TIMEOUT "too-slow"
        ["请求未在时限内完成", "The request took too long"]
        ["请检查网络后重试。", "Check the network and try again."];
    /// No token, or one that does not hold.
    Unauthenticated UNAUTHORIZED "unauthenticated"
        ["需要有效的访问令牌", "A valid access token is needed"]
        ["请在 Authorization: Bearer 中携带有效令牌；令牌由 POST /v1/sessions 或 POST /v1/oauth/token 签发。", "Send a valid token as Authorization: Bearer; POST /v1/sessions and POST /v1/oauth/token give them."];
    /// The database cannot be reached, or the replica is behind.
    Unavailable SERVICE_UNAVAILABLE "unavailable"
        ["暂时无法服务", "Temporarily unavailable"]
        ["请按 Retry-After 稍后重试。", "Try again after Retry-After."];
    /// JSON or a form that cannot be parsed.
    UnreadableBody BAD_REQUEST "unreadable-body"
        ["请求内容无法解析", "The body cannot be parsed"]
        ["detail 指出了出错的位置。", "`detail` tells where."];
    /// A body of another media type.
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported-media-type"
        ["不支持该内容类型", "Unsupported media type"]
        ["detail 列出了可接受的 Content-Type。", "`detail` lists the Content-Types that are taken."];
    /// The request line or a header is too long.
    UriTooLong URI_TOO_LONG "uri-too-long"
        ["请求地址过长", "The address is too long"]
        ["请缩短查询条件或者分批查询。", "Shorten the query or split it."];
}

impl Code {
    /// The code with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.spec().code == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_table_once() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.spec().code).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| Code::of(code.spec().code) == Some(*code)));
    }
}
