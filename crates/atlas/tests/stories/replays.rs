//! Replay: from what was kept, the tables follow again, row for row.

use atlas_model::tables;
use atlas_twin::{Dialect, Options};

use crate::syncs::sync;
use crate::world::{Desk, assert_same, engines, execute, start};

#[test]
fn emptied_tables_follow_from_the_journal() {
    for engine in engines() {
        for dialect in [Dialect::Live, Dialect::Requirement] {
            let twin = start(Options { dialect, campaigns: 8, ..Options::default() });
            let desk = Desk::with_source(engine, &twin);
            desk.run(&["source", "set", "acme", "sync_leads=true", "--client", "Acme"]).expect(0);
            // Several days, one of them with nothing new: its snapshots come from answers that only repeated.
            for days in [0, 1, 0, 3] {
                if days > 0 {
                    twin.advance(days);
                }
                desk.next_day();
                sync(&desk);
            }
            let dump = desk.dump();
            let tables = tables::ALL.iter().rev().map(|table| table.name);
            let emptied: Vec<String> = tables.map(|table| format!("DELETE FROM {table}")).collect();
            execute(&desk.url, &emptied);
            assert!(desk.dump().lines().count() <= 1, "only the source is left");
            twin.clear_requests();
            let replayed = desk.run(&["replay", "--json"]).expect(0).json();
            assert_eq!(replayed[0]["problems"], 0, "{replayed}");
            assert_same(&dump, &desk.dump(), &format!("{engine:?} {dialect:?} replayed"));
            // Once more over what is there, and over a part of it: no row is another.
            desk.run(&["replay", "acme"]).expect(0);
            desk.run(&["replay", "--since", "2026-11-05"]).expect(0);
            assert_same(&dump, &desk.dump(), "replayed again");
            assert!(twin.requests().is_empty(), "a replay asks nobody");
            // And the next sync finds nothing to change.
            assert_eq!(sync(&desk)["rows_changed"], 0);
        }
    }
}
