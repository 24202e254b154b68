import { markdownParser } from './markdown.js';

interface Range {
  from: number;
  to: number;
}

/** A part of a Markdown text in which the usual escapes mean something else, or nothing. */
export type Place = Range &
  /** `inLabel`: in a paragraph that a bracket begins, which "]:" would make a link reference definition. */
  (
    | { kind: 'code_span'; inCell: boolean; inLabel: boolean }
    | { kind: 'code_block'; marks: Range[]; info?: Range }
    | { kind: 'autolink' | 'bare_link' | 'target' | 'title' }
  );

/** Without any of this, the body has only text places. Four blanks or a tab may start a code block. */
const ANYTHING = /[`<]|\]\(|\]:|~~~|:\/\/|www\.|@| {4}|\t/i;

// The parser needs quadratic time for thousands of brackets and for nested containers.
const MOST_BRACKETS = 1_000;
const DEEP = /^(?:[ \t]*(?:>|[-+*]|\d{1,9}[.)])){33}/m;

// Emphasis changes no place.
const reader = markdownParser.configure({ remove: ['Emphasis', 'Strikethrough'] });

const MOST_REMEMBERED = 50;
/** Messages are rendered in batches, and each batch reads its template again. */
const remembered = new Map<string, readonly Place[]>();

/** The places of a text, in order and apart from each other. None in a text that would take too long to read. */
export function placesIn(markdown: string): readonly Place[] {
  const known = remembered.get(markdown);
  if (known) return known;
  const places = isReadable(markdown) ? readPlaces(markdown) : [];
  if (remembered.size === MOST_REMEMBERED) remembered.clear();
  remembered.set(markdown, places);
  return places;
}

function isReadable(markdown: string): boolean {
  return (
    ANYTHING.test(markdown) &&
    markdown.split('[', MOST_BRACKETS + 2).length <= MOST_BRACKETS + 1 &&
    !DEEP.test(markdown)
  );
}

function readPlaces(markdown: string): Place[] {
  const places: Place[] = [];
  reader.parse(markdown).iterate({
    enter({ name, from, to, node }) {
      switch (name) {
        case 'InlineCode':
          places.push({
            ...{ kind: 'code_span', from, to },
            inCell: isWithin(node.parent, 'TableCell'),
            inLabel: isInLabel(node.parent, markdown),
          });
          return false;
        case 'FencedCode':
        case 'CodeBlock': {
          const marks = node.getChildren('CodeMark').map(rangeOf);
          const info = node.getChild('CodeInfo');
          places.push({ kind: 'code_block', from, to, marks, ...(info && { info: rangeOf(info) }) });
          return false;
        }
        case 'Autolink':
          places.push({ kind: 'autolink', from, to });
          return false;
        case 'LinkTitle':
          places.push({ kind: 'title', from, to });
          return false;
        case 'URL':
          if (isTarget(node)) places.push({ kind: 'target', from, to });
          // A link within the text of a link would end that one.
          else if (!isWithin(node.parent, 'Link') && !isWithin(node.parent, 'Image'))
            places.push({ kind: 'bare_link', from, to });
          return false;
        default:
          return true;
      }
    },
  });
  return places;
}

interface Node extends Range {
  name: string;
  parent: Node | null;
  prevSibling: Node | null;
}

function rangeOf({ from, to }: Range): Range {
  return { from, to };
}

/** Behind the bracket or colon that ends a link's text. */
function isTarget(node: Node): boolean {
  return node.prevSibling?.name === 'LinkMark' &&
    ['Link', 'Image', 'LinkReference'].includes(node.parent?.name ?? '')
    ? node.prevSibling.from > (node.parent?.from ?? 0)
    : false;
}

function isInLabel(node: Node | null, markdown: string): boolean {
  for (let at = node; at; at = at.parent) if (at.name === 'Paragraph') return markdown[at.from] === '[';
  return false;
}

function isWithin(node: Node | null, name: string): boolean {
  for (let at = node; at; at = at.parent) if (at.name === name) return true;
  return false;
}
