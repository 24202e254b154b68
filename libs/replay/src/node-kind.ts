import type { ElementNode } from './event.js';

/** What a node is, as far as that decides what of it is kept. The numbers are stored. */
export const kind = {
  /** In no chunk that came before: treated as masked. */
  unknown: 0,
  document: 1,
  text: 2,
  /** Comments and document types. */
  other: 3,
  plain: 4,
  /** Takes a value: inputs, `textarea`, `select`. */
  field: 5,
  /** An input whose value is its label. */
  button: 6,
  option: 7,
  title: 8,
  style: 9,
  link: 10,
  /** Scripts, embedded content, animations: what acts is taken away, the node stays. */
  removed: 11,
  image: 12,
  svgImage: 13,
  anchor: 14,
  frame: 15,
  dialog: 16,
} as const;
export type NodeKind = (typeof kind)[keyof typeof kind];

/** In place of an element that acts: rrweb hides it. */
export const REMOVED_TAG = 'noscript';

const removedTags = new Set(
  (
    'script noscript base meta object embed applet param frame frameset portal fencedframe bgsound ' +
    'animate animatetransform animatemotion animatecolor set mpath discard handler listener'
  ).split(' '),
);
const kindOfTag = new Map<string, NodeKind>([
  ['textarea', kind.field],
  ['select', kind.field],
  ['option', kind.option],
  ['title', kind.title],
  ['style', kind.style],
  ['link', kind.link],
  ['img', kind.image],
  ['a', kind.anchor],
  ['area', kind.anchor],
  ['iframe', kind.frame],
  ['dialog', kind.dialog],
]);
const buttonTypes = new Set(['button', 'submit', 'reset']);
const tagName = /^[a-z][\w.-]*(?::[\w.-]+)?$/;

export function kindOf({ tagName: given, isSVG, attributes }: ElementNode): NodeKind {
  const tag = given.toLowerCase();
  // A prefix makes svg:script a script. Names of Object.prototype are found in rrweb's table of tags.
  if (!tagName.test(tag) || (isSVG && tag.includes(':')) || Object.hasOwn(Object.prototype, given))
    return kind.removed;
  if (removedTags.has(tag.slice(tag.indexOf(':') + 1))) return kind.removed;
  if (isSVG && (tag === 'image' || tag === 'feimage')) return kind.svgImage;
  if (tag === 'input') return isButtonType(attributes.type) ? kind.button : kind.field;
  return kindOfTag.get(tag) ?? kind.plain;
}

export function isButtonType(type: unknown): boolean {
  return typeof type === 'string' && buttonTypes.has(type.toLowerCase());
}

const customName = /^[a-z][a-z0-9._]*-[a-z0-9._-]*$/;
const noCustomNames = new Set(
  'annotation-xml color-profile font-face font-face-src font-face-uri font-face-format font-face-name missing-glyph'.split(
    ' ',
  ),
);
const shadowHosts = new Set(
  'article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span'.split(' '),
);

/** Whether a browser takes the name for an element of the page's own. */
export function isCustomName(name: string): boolean {
  return customName.test(name) && !noCustomNames.has(name);
}

/** Whether a browser attaches a shadow tree to such an element; the replay ends where it refuses. */
export function canHostShadow(tag: string): boolean {
  return shadowHosts.has(tag.toLowerCase()) || isCustomName(tag);
}
