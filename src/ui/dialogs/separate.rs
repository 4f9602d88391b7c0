//! Separating nodes without drawing: pick one side, and build a wall around it.
//!
//! The rule that is easy to break: the sides are the learner's. A node that is not picked stands on
//! the other side; an empty side is no wall.

use crate::sim::fault::Partition;
use crate::sim::{Fault, NodeId};
use crate::ui::controls::{choice, switch};
use crate::view::{Action, RunRef, words};
use std::collections::BTreeSet;
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
    let side = use_state(BTreeSet::<NodeId>::new);
    let one_way = use_state(|| false);
    let flapping = use_state(|| false);
    let run = props.run.get();
    let world = run.world();
    let node = |n: NodeId| {
        let side = side.clone();
        let picked = side.contains(&n);
        let flip = Callback::from(move |()| {
            let mut next = (*side).clone();
            if !next.remove(&n) {
                next.insert(n);
            }
            side.set(next);
        });
        choice(world.name(n), picked, flip)
    };
    let rest: Vec<NodeId> = world.node_ids().filter(|n| !side.contains(n)).collect();
    let partition = Partition {
        groups: vec![side.iter().copied().collect(), rest.clone()],
        one_way: *one_way,
        up_us: if *flapping { 400_000 } else { 0 },
        down_us: if *flapping { 400_000 } else { 0 },
    };
    let fits = !side.is_empty() && !rest.is_empty();
    let shown = match fits {
        true => words::partition(world, &partition),
        false => "Pick the nodes of one side.".to_owned(),
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
    html! {
        <>
        <div class="acts" role="group" aria-label="One side of the wall">{ for world.node_ids().map(node) }</div>
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
