//! Which services there are, and how a data source is numbered.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number of a data source: the first part of every key in the database, never reused.
pub type SourceId = i64;

/// A service that outbound-sales teams work in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// E-mail campaigns.
    SmartLead,
    /// E-mail sequences.
    ReplyIo,
    /// Calls.
    PhoneBurner,
}

impl Platform {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::SmartLead, Self::ReplyIo, Self::PhoneBurner];

    /// The name as it is stored and typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SmartLead => "smartlead",
            Self::ReplyIo => "replyio",
            Self::PhoneBurner => "phoneburner",
        }
    }

    /// The name as the service writes it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SmartLead => "SmartLead",
            Self::ReplyIo => "Reply.io",
            Self::PhoneBurner => "PhoneBurner",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.as_str() == text.trim().to_ascii_lowercase())
            .ok_or_else(|| format!("'{text}' is no platform: smartlead, replyio or phoneburner"))
    }
}
