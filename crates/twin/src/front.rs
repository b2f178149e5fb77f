//! The outermost handler: notes each request, lets it wait, fail or be answered.

use std::future;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Response, StatusCode};

use crate::answer::Answer;
use crate::control;
use crate::faults::{Fault, Strike};
use crate::pace::{self, Ticket};
use crate::question::Question;
use crate::state::{Halt, Shared};
use crate::vendor::Vendor;
use crate::wire::Line;

const BLOCKED: &str = "<!DOCTYPE html>\n<html><head><title>Attention Required! | Cloudflare</title></head>\n\
    <body><h1>Sorry, you have been blocked</h1><p>Error 1010</p></body></html>\n";
const OVERLOADED: &str = "<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head>\n\
    <body><h1>The service is busy. Please wait.</h1></body></html>\n";

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    control::routes().fallback(exchange).with_state(shared)
}

async fn exchange(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response<Body> {
    let at = shared.elapsed();
    let query = without_key(request.uri().query().unwrap_or_default());
    let question = Question::read(request).await;
    let arrival = shared.lock().arrive(at, &question, query);

    match arrival.halt {
        Some((Halt::BeforeAnswer, told)) => {
            let _ = told.send(());
            return future::pending().await;
        }
        Some((Halt::AfterAnswer, told)) => line.tell_when_left(told),
        None => {}
    }
    tokio::time::sleep(shared.latency).await;
    let answer = match arrival.strike {
        Some(strike) => fail(&shared, &line, &question, &arrival.ticket, strike).await,
        None => Some(answer(&shared, &question, &arrival.ticket)),
    };
    let status = answer.as_ref().map_or(0, |answer| answer.status.as_u16());
    shared.lock().answered(arrival.number, status);
    // Where there is no answer, the line lets no byte of this one through.
    answer.unwrap_or_else(|| Answer::rendered(Bytes::new())).into_response()
}

/// The answer of whichever service has this path.
fn answer(shared: &Shared, question: &Question, ticket: &Ticket) -> Answer {
    if !question.has_agent {
        return Answer::html(StatusCode::FORBIDDEN, BLOCKED.to_owned());
    }
    let at = shared.elapsed();
    let answer = ticket.refusal().unwrap_or_else(|| match Vendor::of(&question.path) {
        Some(Vendor::SmartLead) => shared.lock().smartlead.answer(question),
        Some(Vendor::ReplyIo) => shared.lock().replyio.answer(question),
        Some(Vendor::PhoneBurner) => shared.lock().phoneburner.answer(question, at),
        None => Answer::no_route(&question.method, &question.path),
    });
    ticket.stamp(answer)
}

/// An answer that is none; nothing where the connection breaks without one.
async fn fail(
    shared: &Shared,
    line: &Line,
    question: &Question,
    ticket: &Ticket,
    strike: Strike,
) -> Option<Answer> {
    let form = strike.form;
    match strike.fault {
        Fault::TooMany if form.is_multiple_of(2) => {
            Some(ticket.clone().of_a_burst().stamp(pace::too_many().with("retry-after", 1)))
        }
        Fault::TooMany => Some(ticket.clone().of_a_burst().stamp(pace::too_many())),
        Fault::ServerError => Some(match form % 3 {
            0 => Answer::message(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
            1 => Answer::html(StatusCode::BAD_GATEWAY, "<html><h1>502 Bad Gateway</h1></html>\n".to_owned()),
            _ => Answer::html(StatusCode::SERVICE_UNAVAILABLE, OVERLOADED.to_owned()),
        }),
        Fault::Html => Some(ticket.stamp(Answer::html(StatusCode::OK, OVERLOADED.to_owned()))),
        Fault::Empty => {
            let body: &[u8] = if form.is_multiple_of(2) { b"{}" } else { b"" };
            Some(ticket.stamp(Answer::rendered(Bytes::from_static(body))))
        }
        Fault::Truncated => {
            let whole = answer(shared, question, ticket);
            line.cut_after(whole.body.len() / 2);
            Some(whole)
        }
        Fault::Stall => {
            tokio::time::sleep(strike.stall).await;
            line.close();
            None
        }
        Fault::Reset => {
            line.reset();
            None
        }
    }
}

fn without_key(query: &str) -> String {
    let is_key = |pair: &str| pair.split('=').next() == Some("api_key");
    query.split('&').filter(|pair| !is_key(pair)).collect::<Vec<_>>().join("&")
}
