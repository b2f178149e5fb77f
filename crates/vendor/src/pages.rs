//! Pages that do not end: the same one again, two in turn, more than the service counts.

use atlas_model::Params;

use crate::endpoint::{Counts, Paging};

/// Pages of a list that tells neither how many records it has nor how many pages.
const MOST_PAGES: usize = 1000;

/// The first record of the page before, how many pages there were, and the first record of the last page whose number is
/// a power of two: whichever circle the service goes in, it comes by there (Brent's way of finding circles).
const PREVIOUS: &str = "previous";
const PAGES: &str = "pages";
const MILESTONE: &str = "milestone";

fn pages_before(params: &Params) -> usize {
    params.get(PAGES).and_then(|pages| pages.parse().ok()).unwrap_or(0)
}

/// Why nothing may follow after this page; `first` is its first record, `count` how many it has, `told` how many the service
/// counts in all.
pub(crate) fn endless(
    params: &Params,
    paging: Paging,
    first: Option<&str>,
    count: usize,
    told: Option<i64>,
) -> Option<String> {
    if first.is_some() && first == params.get(PREVIOUS) {
        return Some("this page is the one before again, so the rest cannot be read".to_owned());
    }
    if first.is_some() && first == params.get(MILESTONE) {
        return Some(
            "this page came before, so the pages go in a circle and the rest cannot be read".to_owned(),
        );
    }
    let here = params.get(paging.start).and_then(|start| start.parse::<usize>().ok()).unwrap_or(0);
    let before = match paging.counts {
        Counts::Records => here,
        Counts::Pages => here.saturating_sub(1) * paging.limit,
    };
    // One page more than there can be: what is added meanwhile moves the pages.
    let told = told.and_then(|told| usize::try_from(told).ok());
    if let Some(told) = told.filter(|told| count > 0 && before > told + paging.limit) {
        return Some(format!("the service counts {told} records and gives more, so the pages do not end"));
    }
    let is_bounded = told.is_some() || paging.counts == Counts::Pages;
    (!is_bounded && pages_before(params) >= MOST_PAGES)
        .then(|| format!("there are more than {MOST_PAGES} pages, so they are taken not to end"))
}

/// The parameters of the page after one that begins with this record.
pub(crate) fn marked(params: Params, first: String) -> Params {
    let pages = pages_before(&params) + 1;
    let params = params.with(PAGES, pages).with(PREVIOUS, &first);
    if pages.is_power_of_two() { params.with(MILESTONE, first) } else { params }
}
