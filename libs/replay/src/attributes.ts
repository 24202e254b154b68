import { inertCss, inertValue, isInlineImage } from './css.js';
import type { AttributeValue } from './event.js';
import { maskMarked, maskText, maskValue } from './mask-text.js';
import { kind, type NodeKind } from './node-kind.js';
import { pageUrl } from './page-url.js';

/** The element that has the attribute. */
export interface Host {
  kind: NodeKind;
  /** Whether the element is marked, or stands in what is masked. */
  isMasked: boolean;
}
type Keep = (value: string, host: Host) => string | undefined;

const LONGEST = 2_000;
const drop: Keep = () => undefined;
const unlessMasked: Keep = (value, { isMasked }) => (isMasked ? undefined : value);
const matching =
  (pattern: RegExp): Keep =>
  (value) =>
    pattern.test(value) ? value : undefined;

/** What they cause: requests, scripts, navigation, or that a choice of the person shows. */
const dropped =
  'srcdoc srcset imagesrcset imagesizes ping action formaction manifest nonce integrity http-equiv target download ' +
  'autofocus autoplay cite longdesc profile codebase classid code archive usemap background poster data lowsrc dynsrc ' +
  'rr_src is csp allow sandbox attributionsrc popovertarget commandfor command interestfor xml:base ' +
  'checked selected aria-checked aria-valuenow aria-valuetext';
/** Read to people: the words of the page. */
const words =
  'title alt label summary abbr aria-label aria-description aria-roledescription aria-placeholder ' +
  'aria-braillelabel aria-brailleroledescription';
/** How an element is laid out, whatever is in it. */
const layout =
  'class dir lang hidden role width height colspan rowspan disabled tabindex size rows cols viewBox ' +
  'data-dovecote-mask open media rel';

const byName = new Map<string, Keep>([
  ...dropped.split(' ').map((name): [string, Keep] => [name, drop]),
  ...words
    .split(' ')
    .map((name): [string, Keep] => [
      name,
      (value, { isMasked, kind: host }) =>
        isMasked || host === kind.option ? maskText(value) : maskMarked(value),
    ]),
  ...layout.split(' ').map((name): [string, Keep] => [name.toLowerCase(), (value) => value]),
  ['contenteditable', (value) => (value === 'false' ? value : 'true')],
  ['type', matching(/^[\w/+.-]*$/)],
  ['style', (value) => inertValue(value)],
  ['_csstext', (value, { kind: host }) => (isSheet(host) ? inertCss(value) : undefined)],
  ['value', keepValue],
  ['placeholder', (value) => maskText(value)],
  ['href', keepReference],
  ['xlink:href', keepReference],
  ['src', (value, host) => (host.kind === kind.image ? keepImage(value, host) : undefined)],
  ['rr_dataurl', (value, host) => (host.kind === kind.image ? keepImage(value, host) : undefined)],
  ['rr_width', matching(/^\d+(\.\d+)?px$/)],
  ['rr_height', matching(/^\d+(\.\d+)?px$/)],
  [
    'rr_open_mode',
    (value, host) => (host.kind === kind.dialog ? matching(/^(non-)?modal$/)(value, host) : undefined),
  ],
  ['data-rr-is-password', matching(/^true$/)],
]);
/** States that style sheets refer to: `open`, `2`, `is-active`. */
const state = /^(?:[a-z][a-z_-]{0,31}|\d{1,4}|)$/i;
/** Browsers skip what stands before a scheme. */
const address = /^[^!-~]*(?:[a-z][a-z0-9+.-]*:|\/\/)/i;
const positions = new Set(['rr_scrollLeft', 'rr_scrollTop']);

/** What is kept of an attribute's value; undefined: the attribute is left out. */
export function safeAttribute(host: Host, name: string, value: AttributeValue): AttributeValue | undefined {
  const lower = name.toLowerCase();
  if (host.kind === kind.removed || lower.startsWith('on')) return undefined;
  if (value === null) return null;
  if (positions.has(name)) return typeof value === 'number' ? value : undefined;
  if (value === false) return undefined;
  const text = value === true ? '' : String(value);
  const keep = byName.get(lower) ?? (lower.startsWith('data-') ? matching(state) : keepOther);
  if (lower.startsWith('rr_') && !byName.has(lower)) return undefined;
  const kept = text.length > LONGEST && !isLong(lower) ? undefined : keep(text, host);
  return kept !== undefined && host.isMasked && lower.startsWith('data-') && !byName.has(lower)
    ? undefined
    : kept;
}

function isLong(lower: string): boolean {
  return ['style', '_csstext', 'src', 'rr_dataurl', 'href', 'xlink:href', 'd', 'points', 'value'].includes(
    lower,
  );
}

function isSheet(host: NodeKind): boolean {
  return host === kind.style || host === kind.link;
}

function keepValue(value: string, { kind: host, isMasked }: Host): string | undefined {
  if (host === kind.option) return undefined;
  if (host === kind.button && !isMasked) return maskMarked(value);
  // Progress bars and list items have numbers.
  if (host === kind.plain && !isMasked && /^\d{0,4}(\.\d{1,4})?$/.test(value)) return value;
  return maskValue(value);
}

/** Links keep where they lead; drawings keep references to their own parts. */
function keepReference(value: string, host: Host): string | undefined {
  if (host.kind === kind.anchor) return host.isMasked ? 'about:blank' : pageUrl(value);
  if (host.kind === kind.svgImage) return keepImage(value, host);
  if (host.kind === kind.link || host.kind === kind.unknown) return undefined;
  return /^#[\w.:-]*$/.test(value) ? value : undefined;
}

function keepImage(value: string, { isMasked }: Host): string | undefined {
  return !isMasked && isInlineImage(value) ? value : undefined;
}

/** In what is masked, an attribute that is not known could hold what is hidden. */
function keepOther(value: string, host: Host): string | undefined {
  if (address.test(value)) return undefined;
  return unlessMasked(/[(\\]/.test(value) ? inertValue(value) : maskMarked(value), host);
}
