//! `list`: what there is to run, from the registries.

use super::args::{Args, Next};
use super::{Failure, Outcome};
use crate::kit::{Choice, Entry, Param, ParamKind, Value};
use crate::protocols;
use crate::scenario::{self, ScenarioDef};
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
        let scenarios: Vec<Json> = scenario::ALL.iter().map(|d| scenario_json(d)).collect();
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
    for d in scenario::ALL {
        writeln!(
            out,
            "  {:<18} {} ({}; {})",
            d.id, d.title, d.chapter, d.protocol
        )?;
        for (id, value) in d.params {
            writeln!(out, "  {:<18}   --set {id}={}", "", plain(&value.value()))?;
        }
        for s in d.staged {
            writeln!(out, "  {:<18}   --stage {:<24} {}", "", s.id, s.label)?;
        }
    }
    writeln!(out, "\nProtocols and their parameters")?;
    for e in protocols::all() {
        writeln!(out, "  {:<18} {}: {}", e.id, e.title, e.source)?;
        for p in e.params {
            let may = range(p);
            let default = plain(&p.default());
            writeln!(
                out,
                "  {:<18}   {}={default}  {} ({may})",
                "", p.id, p.label
            )?;
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
        ParamKind::Int { min, max, unit, .. } => {
            format!("{min} to {max} {unit}").trim_end().to_owned()
        }
        ParamKind::Choice(words) => {
            let ids: Vec<_> = words.iter().map(|c| c.id).collect();
            ids.join(", ")
        }
    }
}

fn scenario_json(d: &ScenarioDef) -> Json {
    let params: serde_json::Map<String, Json> = d
        .params
        .iter()
        .map(|(id, v)| ((*id).to_owned(), json!(v.value())))
        .collect();
    let staged: Vec<Json> = d
        .staged
        .iter()
        .map(|s| json!({ "id": s.id, "label": s.label, "hint": s.hint }))
        .collect();
    json!({
        "id": d.id, "title": d.title, "chapter": d.chapter, "catalogue": d.row,
        "summary": d.summary, "protocol": d.protocol, "seed": d.seed, "params": params,
        "length_ms": d.length_us / 1_000, "staged": staged, "leaves_out": d.leaves_out,
    })
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
