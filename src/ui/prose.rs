//! The text of a lesson: the blocks of a scenario file's Markdown as elements.
//!
//! The rule that is easy to break: text becomes text nodes, never markup, and a link leads only where the
//! reader of scenario files has let it lead.

use crate::scenario::front::{Block, Piece};
use yew::prelude::*;

/// The blocks, in order.
pub fn prose(blocks: &[Block]) -> Html {
    html! { <>{ for blocks.iter().map(block) }</> }
}

fn block(block: &Block) -> Html {
    let items =
        |items: &[Vec<Piece>]| -> Html { items.iter().map(|i| html! { <li>{ line(i) }</li> }).collect() };
    match block {
        Block::P(pieces) => html! { <p class="quiet">{ line(pieces) }</p> },
        Block::H(pieces) => html! { <h2>{ line(pieces) }</h2> },
        Block::Ul(all) => html! { <ul class="prose quiet">{ items(all) }</ul> },
        Block::Ol(all) => html! { <ol class="prose quiet">{ items(all) }</ol> },
        Block::Code(text) => html! { <pre class="quiet" tabindex="0">{ text }</pre> },
    }
}

fn line(pieces: &[Piece]) -> Html {
    pieces.iter().map(piece).collect()
}

fn piece(piece: &Piece) -> Html {
    match piece {
        Piece::T(text) => html! { text },
        Piece::Em(text) => html! { <em>{ text }</em> },
        Piece::Strong(text) => html! { <strong>{ text }</strong> },
        Piece::Code(text) => html! { <code>{ text }</code> },
        Piece::A { text, to } => {
            let to = to.text().to_owned();
            // A page of the web opens beside the run, which is to stay.
            match to.starts_with('#') {
                true => html! { <a href={to}>{ text }</a> },
                false => {
                    html! { <a href={to} target="_blank" rel="noopener noreferrer">{ text }</a> }
                }
            }
        }
    }
}
