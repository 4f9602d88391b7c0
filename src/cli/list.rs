//! `list`: what there is to run, from the registries.

use super::args::{Args, Next};
use super::{Failure, Outcome};
use crate::kit::{Choice, Entry, GaugeDef, Param, ParamKind, Value};
use crate::protocols;
use crate::scenario::{self, Scenario};
use serde_json::{Value as Json, json};
use std::io::Write;

pub(super) fn list(args: &mut Args, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut as_json = false;
    while let Some(next) = args.next()? {
        match next {
            Next::Option(o) if o == "json" => as_json = true,
            Next::Option(o) => return Err(args.unknown(&o)),
            Next::Word(w) => return Err(args.surplus(&w)),
        }
    }
    if as_json {
        let scenarios: Vec<Json> = scenario::all().map(|d| scenario_json(&d)).collect();
        let protocols: Vec<Json> = protocols::all().map(protocol_json).collect();
        let all = json!({ "scenarios": scenarios, "protocols": protocols });
        writeln!(out, "{all:#}")?;
    } else {
        text(out)?;
    }
    Ok(Outcome::Fine)
}

fn text(out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "Scenarios")?;
    for d in scenario::all() {
        writeln!(out, "  {:<18} {} ({}; {})", d.id, d.title, d.chapter_title(), d.protocol)?;
        for (id, value) in &d.front.params {
            writeln!(out, "  {:<18}   --set {id}={}", "", plain(value))?;
        }
        for s in &d.situations {
            writeln!(out, "  {:<18}   --stage {:<24} {}", "", s.id, s.label)?;
        }
    }
    writeln!(out, "\nProtocols and their parameters")?;
    for e in protocols::all() {
        writeln!(out, "  {:<18} {}: {}", e.id, e.title, e.source)?;
        for p in e.params {
            let may = range(p);
            let default = plain(&p.default());
            writeln!(out, "  {:<18}   {}={default}  {} ({may})", "", p.id, p.label)?;
        }
    }
    Ok(())
}

/// A value as `--set` takes it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Word(w) => w.clone(),
    }
}

fn range(p: &Param) -> String {
    match &p.kind {
        ParamKind::Bool(_) => "true or false".to_owned(),
        ParamKind::Int { min, max, unit, .. } => format!("{min} to {max} {unit}").trim_end().to_owned(),
        ParamKind::Choice(words) => {
            let ids: Vec<_> = words.iter().map(|c| c.id).collect();
            ids.join(", ")
        }
    }
}

fn scenario_json(d: &Scenario) -> Json {
    let staged = d.situations.iter();
    let staged = staged.map(|s| json!({ "id": s.id, "label": s.label, "hint": s.hint }));
    let gauges = d.entry().map_or(&[][..], |e| e.gauges).iter().map(gauge_json);
    json!({
        "id": d.id, "title": d.title, "chapter": d.chapter_title(), "rows": d.rows,
        "summary": d.summary, "protocol": d.protocol, "seed": d.seed, "params": d.front.params,
        "length_ms": d.length_ms, "staged": staged.collect::<Vec<_>>(), "leaves_out": d.leaves_out,
        "gauges": gauges.collect::<Vec<_>>(), "sources": sources(d),
    })
}

/// Where a scenario and its protocol come from.
fn sources(d: &Scenario) -> Vec<String> {
    let protocol = d.entry().map(|e| e.source.to_owned());
    protocol.into_iter().chain(d.front.sources.clone()).collect()
}

fn gauge_json(g: &GaugeDef) -> Json {
    json!({ "id": g.id, "label": g.label, "unit": g.unit })
}

fn protocol_json(e: &Entry) -> Json {
    let params: Vec<Json> = e.params.iter().map(param_json).collect();
    json!({
        "id": e.id, "title": e.title, "chapter": protocols::chapter_of(e).map(|c| c.title), "source": e.source,
        "leaves_out": e.leaves_out, "params": params,
    })
}

fn param_json(p: &Param) -> Json {
    let mut json = json!({ "id": p.id, "label": p.label, "default": p.default() });
    match &p.kind {
        ParamKind::Bool(_) => json["type"] = "bool".into(),
        ParamKind::Int { min, max, unit, .. } => {
            json["type"] = "int".into();
            json["min"] = (*min).into();
            json["max"] = (*max).into();
            json["unit"] = (*unit).into();
        }
        ParamKind::Choice(words) => {
            json["type"] = "word".into();
            let one = |c: &Choice| json!({ "id": c.id, "label": c.label });
            json["words"] = words.iter().map(one).collect();
        }
    }
    json
}
