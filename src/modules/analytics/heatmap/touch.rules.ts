/** Cells across and down of the finest grid: the range of `grid_resolution` ends at 0.005. */
export const FINEST_CELLS = 200;

/** Kinds of touches: numbers of pidgr.v1.TouchEventType. */
const touchKind = { tap: 1, longPress: 2, scroll: 3, actionClick: 4 } as const;
export const touchKinds: readonly number[] = Object.values(touchKind);

/** What may be counted of one person on one day (UTC). The noise of every figure is made for these numbers. */
export const dailyCap = { touches: 15, scrolls: 5 } as const;

/** A touch as a device reports it. */
export interface TouchDraft {
  readonly screen: string;
  /** 0 to 1. */
  readonly x: number;
  readonly y: number;
  readonly kind: number;
  /** Points. */
  readonly width: number;
  readonly height: number;
  /** Milliseconds of the epoch, by the device's clock; undefined when it says nothing, NaN when it says nonsense. */
  readonly at: number | undefined;
  readonly campaignId: string;
}

/** What is kept of a touch: where it was, and neither when exactly nor on what device. */
export interface Touch {
  readonly screen: string;
  /** Cells of the finest grid. */
  readonly x: number;
  readonly y: number;
  readonly kind: number;
  /** Empty: on no campaign. */
  readonly campaignId: string;
}

const MOST_CHARACTERS = 200;
const MOST_POINTS = 100_000;
const OLDEST_MS = 7 * 86_400_000;
const AHEAD_MS = 86_400_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The touch to count; undefined when a field breaks its limit. */
export function touchOf(draft: TouchDraft, now: number): Touch | undefined {
  const { screen, x, y, kind, width, height, at, campaignId } = draft;
  const isWhole =
    isScreenName(screen) &&
    isShare(x) &&
    isShare(y) &&
    touchKinds.includes(kind) &&
    isSize(width) &&
    isSize(height) &&
    (at === undefined || (at >= now - OLDEST_MS && at <= now + AHEAD_MS)) &&
    (campaignId === '' || uuid.test(campaignId));
  if (!isWhole) return undefined;
  return { screen, x: cellOf(x), y: cellOf(y), kind, campaignId: campaignId.toLowerCase() };
}

/** Routes are compared as they are sent. */
export function isScreenName(name: string): boolean {
  return name !== '' && isPlainText(name);
}

/** At most 200 characters, which can be stored and shown. */
export function isPlainText(text: string): boolean {
  return [...text].length <= MOST_CHARACTERS && !/\p{Cc}/u.test(text) && text.isWellFormed();
}

/** The touches that are counted when so many are still allowed: the first ones of the request. */
export function firstOf<T extends Pick<Touch, 'kind'>>(
  all: readonly T[],
  allowed: { readonly touches: number; readonly scrolls: number },
): T[] {
  const left = { ...allowed };
  return all.filter(({ kind }) => {
    const counted = kind === touchKind.scroll ? 'scrolls' : 'touches';
    left[counted] -= 1;
    return left[counted] >= 0;
  });
}

/** How many of them count against which limit. */
export function askedFor(all: readonly Pick<Touch, 'kind'>[]): { touches: number; scrolls: number } {
  const scrolls = all.filter(({ kind }) => kind === touchKind.scroll).length;
  return { touches: all.length - scrolls, scrolls };
}

function cellOf(share: number): number {
  return Math.min(FINEST_CELLS - 1, Math.floor(share * FINEST_CELLS));
}

// NaN is in no range.
function isShare(share: number): boolean {
  return share >= 0 && share <= 1;
}

function isSize(points: number): boolean {
  return points >= 1 && points <= MOST_POINTS;
}
