//! PhoneBurner: subscribed by hand, one address a hook, since a delivery does not say what happened.

/// What the service's page of settings calls a hook, and what its address must say.
pub const HOOKS: &[(&str, &str)] = &[
    ("Call Begin", "call_begin"),
    ("Call End", "call_end"),
    ("Contact Displayed", "contact_displayed"),
    ("Email Unsubscribe", "unsubscribed"),
    ("SMS Opt Out", "sms_opt_out"),
    ("Contact Activities", "contact_activity"),
    ("Manual", "manual"),
];
