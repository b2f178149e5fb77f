//! Who holds a lease: host, boot, process and its start, so that a dead holder on this host is known at once.

use std::fs;

/// This process, as leases name it.
pub fn holder() -> String {
    let process = std::process::id();
    format!("{}/{}/{process}/{}", host(), boot(), start_of(process).unwrap_or_default())
}

/// A task of this process that may not go on beside another of its own tasks.
pub fn holder_for(task: &str) -> String {
    format!("{}/{task}", holder())
}

/// Whether a holder is a process of this host and boot that no longer exists. In doubt it lives.
pub fn is_dead(holder: &str) -> bool {
    let parts: Vec<&str> = holder.split('/').collect();
    let [on_host, in_boot, process, started, ..] = parts[..] else { return false };
    if on_host != host() || started.is_empty() {
        return false;
    }
    let Ok(process) = process.parse() else { return false };
    in_boot != boot() || start_of(process).as_deref() != Some(started)
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().replace('/', "-")
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// When a process started, in the kernel's ticks; none when it does not exist or this is no Linux.
fn start_of(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold blanks; the fields after it do not. Z: dead, but not yet buried.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    (fields.next()? != "Z").then_some(())?;
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{holder, holder_for, is_dead};

    #[test]
    fn the_living_are_not_dead() {
        let me = holder();
        assert!(!is_dead(&me));
        assert!(!is_dead(&holder_for("projector")));
        assert!(!is_dead("elsewhere/boot/1/1"));
        let parts: Vec<&str> = me.split('/').collect();
        assert!(is_dead(&format!("{}/{}/{}/1", parts[0], parts[1], parts[2])), "same number, another start");
        assert!(is_dead(&format!("{}/another-boot/{}/{}", parts[0], parts[2], parts[3])));
    }
}
