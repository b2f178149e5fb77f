//! Reply.io: e-mail sequences, <https://api.reply.io>.

pub(crate) mod webhook;
