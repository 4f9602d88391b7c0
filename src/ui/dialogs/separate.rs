//! Separating nodes without drawing: each press takes a node to another side, and a wall goes up between
//! all sides.
//!
//! The rule that is easy to break: the sides are the learner's. A node that was not pressed stands with the
//! rest, which is a side, too; one side alone is no wall.

use crate::sim::fault::Partition;
use crate::sim::{Fault, NodeId};
use crate::ui::controls::switch;
use crate::view::sides::Sides;
use crate::view::{Action, RunRef, words};
use yew::prelude::*;

/// See [`Separate`].
#[derive(Clone, PartialEq, Properties)]
pub struct SeparateProps {
    /// The run.
    pub run: RunRef,
    /// Where the partition goes.
    pub on_action: Callback<Action>,
}

/// The form of a partition.
#[component]
pub fn Separate(props: &SeparateProps) -> Html {
    let sides = use_state(Sides::default);
    let one_way = use_state(|| false);
    let flapping = use_state(|| false);
    let run = props.run.get();
    let world = run.world();
    let partition = Partition {
        groups: sides.groups(world.node_ids()),
        one_way: *one_way,
        up_us: if *flapping { 400_000 } else { 0 },
        down_us: if *flapping { 400_000 } else { 0 },
    };
    let fits = partition.groups.len() > 1;
    let shown = match fits {
        true => words::partition(world, &partition),
        false => "Press the nodes of one side; press again for the next side.".to_owned(),
    };
    let build = {
        let on = props.on_action.clone();
        let fault = Fault::Partition(partition);
        Callback::from(move |_: MouseEvent| {
            on.emit(Action::Edit(fault.clone()));
            on.emit(Action::Dialog(None));
        })
    };
    let heal = {
        let on = props.on_action.clone();
        Callback::from(move |_: MouseEvent| {
            on.emit(Action::Edit(Fault::Heal));
            on.emit(Action::Dialog(None));
        })
    };
    let set = |state: &UseStateHandle<bool>| {
        let state = state.clone();
        Callback::from(move |on| state.set(on))
    };
    let walled = world.partitions().next().is_some();
    let node = |n: NodeId| side_of(world.name(n), n, &sides);
    html! {
        <>
        <div class="acts sides" role="group" aria-label="Who stands on which side">{ for world.node_ids().map(node) }</div>
        { switch("One way: the first side is not heard, but hears", *one_way, set(&one_way)) }
        { switch("Flapping: 400 ms up, 400 ms down", *flapping, set(&flapping)) }
        <p class="quiet" role="status">{ shown }</p>
        <div class="acts">
            <button type="button" class="btn main" disabled={!fits} onclick={build} data-testid="separate">{ "Separate" }</button>
            if walled { <button type="button" class="btn" onclick={heal}>{ "Heal the network" }</button> }
        </div>
        </>
    }
}

/// A node's button: its name, and the number of its side if it does not stand with the rest.
fn side_of(name: &str, node: NodeId, sides: &UseStateHandle<Sides>) -> Html {
    let own = sides.of(node);
    let label = match own {
        0 => name.to_owned(),
        own => format!("{name}, side {own}"),
    };
    let press = {
        let sides = sides.clone();
        Callback::from(move |_: MouseEvent| sides.set(sides.moved(node)))
    };
    html! {
        <button type="button" class="btn small" aria-pressed={(own > 0).to_string()} aria-label={label} onclick={press}>
            { name }if own > 0 { <span class="side" aria-hidden="true">{ own }</span> }</button>
    }
}
