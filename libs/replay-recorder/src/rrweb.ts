import { Masking, maskText, maskValue, type ReplayEvent } from '@dovecote/replay';
import { record } from '@rrweb/record';

/** rrweb's numbers of what is kept: see libs/replay. */
const keptTypes = new Set([0, 1, 2, 3, 4]);
const keptSources = new Set([0, 1, 2, 3, 4, 5, 6, 8, 12, 13, 14, 15, 16]);
const FULL_SNAPSHOT_EVERY_MS = 10 * 60_000;
const INCREMENTAL = 3;

/** Any event of rrweb. */
interface RecordedEvent {
  type: number;
  data: unknown;
  timestamp: number;
}

/** Starts rrweb; what it records is masked by the code that the server runs too. Undefined: the page cannot be recorded. */
export function recordPage(
  maskAllText: boolean,
  onEvent: (event: ReplayEvent) => void,
): (() => void) | undefined {
  const masking = new Masking(maskAllText);
  return record({
    emit: (event: RecordedEvent) => {
      if (isKept(event)) for (const masked of masking.mask(event)) onEvent(masked);
    },
    // By tag: by type, hidden inputs are left out.
    maskInputOptions: { input: true, textarea: true, select: true, password: true } as object,
    maskInputFn: (value) => maskValue(value),
    maskTextClass: /^(?:rr-mask|dovecote-mask)$/,
    maskTextSelector: maskAllText ? '*' : '[data-dovecote-mask], [contenteditable]',
    maskTextFn: (text) => maskText(text),
    blockSelector: '[data-dovecote-block]',
    recordCanvas: false,
    recordCrossOriginIframes: false,
    inlineImages: false,
    collectFonts: false,
    slimDOMOptions: 'all',
    // A field is reported when it is left: no keystrokes.
    sampling: { input: 'last', scroll: 200, media: 1_000, mousemoveCallback: 1_000 },
    checkoutEveryNms: FULL_SNAPSHOT_EVERY_MS,
    // An error of the recorder must not reach the page.
    errorHandler: () => true,
  });
}

/** rrweb builds what it says; the server reads it as if anyone had written it. */
function isKept(event: RecordedEvent): event is ReplayEvent {
  if (!keptTypes.has(event.type)) return false;
  if (event.type !== INCREMENTAL) return true;
  const { data } = event;
  return (
    typeof data === 'object' && data !== null && 'source' in data && keptSources.has(Number(data.source))
  );
}
