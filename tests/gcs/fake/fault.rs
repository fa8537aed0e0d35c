//! What a request is, and what can be made to go wrong with it.

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Method {
    /// What is known of an object (`storage.objects.get`).
    Stat,
    /// An object's content (`alt=media`).
    Read,
    List,
    /// An upload in one request (`uploadType=multipart`).
    Insert,
    /// The start of a resumable upload.
    Start,
    /// Content of a resumable upload.
    Chunk,
    /// How far is the resumable upload?
    Query,
    Rewrite,
    Delete,
    /// Metadata of an object changed, its content left (`storage.objects.patch`).
    Patch,
    /// None of these: answered with 400, always.
    Unknown,
}

impl Method {
    /// Whether such a request can change anything.
    pub(crate) fn writes(self) -> bool {
        !matches!(self, Self::Stat | Self::Read | Self::List | Self::Query)
    }
}

/// What goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: this request passes.
    Pass,
    /// Nothing happens, and this status is answered.
    Status(u16),
    /// The same, and the client is to come again after so many seconds.
    RetryAfter(u16, u64),
    /// Nothing happens, and this is answered.
    Answer(u16, String),
    /// Nothing happens, and the client is sent to this URL.
    Redirect(String),
    /// Nothing happens, and the connection is closed.
    Reset,
    /// It happens, but the connection is closed before the answer.
    Lost,
    /// It happens, but the answer is this status.
    LostAs(u16),
    /// The connection is closed after so many bytes of content, up or down. A resumable upload keeps what it can.
    BrokenAfter(u64),
    /// This status after so many bytes of content that goes up. A resumable upload keeps what it can.
    StatusAfter(u16, u64),
    /// Nothing happens, and nothing is answered either.
    Stall,
    /// Not a byte moves any more, after so many of content.
    StallAfter(u64),
    /// One byte of the content is another by the time it is stored; the checksum sent along is not looked at.
    CorruptUpload,
    /// It is stored as it was sent, but another checksum is reported.
    OtherChecksum,
    /// The same, and the connection is closed before the answer.
    LostOtherChecksum,
    /// One byte of the content comes down as another.
    CorruptDownload,
    /// The content ends after so many bytes, with an answer that is complete by itself.
    CutAfter(u64),
}
