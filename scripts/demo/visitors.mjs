// A small shop's two weeks: who came, by what, and how far they went. Always the same for the same days.

const DAY_MS = 86_400_000;
export const DAYS = 14;
const VISITORS = 400;
const SITE = 'https://shop.example';

/** The steps of the sign-up, and which share of those before takes each. */
export const steps = [
  { kind: 'page_view', label: 'Visit', share: 1 },
  { kind: 'pricing_opened', label: 'Pricing', share: 0.55 },
  { kind: 'signup_started', label: 'Sign-up started', share: 0.6 },
  { kind: 'signup', label: 'Signed up', share: 0.7 },
];

/** By what people come; `weight` of 100. */
const origins = [
  { weight: 34, referrer: 'https://www.google.com/' },
  { weight: 24 },
  { weight: 16, query: '?utm_source=google&utm_medium=cpc&utm_campaign=spring' },
  { weight: 12, query: '?utm_source=newsletter&utm_medium=email' },
  { weight: 8, referrer: 'https://www.linkedin.com/' },
  { weight: 6, referrer: 'https://blog.example/review' },
];

/** The first of the days that end with `end`, both at midnight, UTC. */
export function windowBefore(instant) {
  const end = Math.floor(instant / DAY_MS) * DAY_MS;
  return { start: end - DAYS * DAY_MS, end };
}

/** The events of the two weeks from `start` in milliseconds, for `sdk.events.v1`: with the same ids and times each time. */
export function eventsFrom(start, seed = 20_260_301) {
  const random = generator(seed);
  return Array.from({ length: VISITORS }, (_, number) => eventsOf(number, start, random)).flat();
}

function eventsOf(number, start, random) {
  const origin = pick(origins, random);
  // A little more each day, and less on every sixth and seventh one.
  const day = Math.floor(Math.sqrt(random()) * DAYS);
  const kept = day % 7 > 4 && random() < 0.5 ? day - 2 : day;
  const visits = 1 + Math.floor(random() ** 3 * 3);
  const reached = steps.findIndex(({ share }) => random() > share);
  const events = [];
  for (let visit = 0; visit < visits && kept + visit < DAYS; visit += 1) {
    const sessionId = uuid(random);
    // From eight to twenty o'clock; a visit takes a few minutes.
    let at = start + (kept + visit) * DAY_MS + (8 + random() * 12) * 3_600_000;
    const isLast = visit === visits - 1 || kept + visit === DAYS - 1;
    const taken = steps.slice(0, isLast && reached !== -1 ? reached : isLast ? steps.length : 1);
    for (const { kind } of taken) {
      const text = (value) => ({ value: { case: 'stringValue', value } });
      const entry = visit === 0 && kind === 'page_view';
      events.push({
        eventId: uuid(random),
        kind,
        occurTime: { seconds: BigInt(Math.floor(at / 1000)), nanos: 0 },
        distinctId: `anon-${number}`,
        sessionId,
        autoProperties: {
          $url: text(`${SITE}/${kind === 'page_view' ? '' : 'pricing'}${(entry && origin.query) || ''}`),
          ...(entry && origin.referrer && { $referrer: text(origin.referrer) }),
        },
      });
      at += (20 + random() * 160) * 1000;
    }
  }
  return events;
}

function pick(weighted, random) {
  let left = random() * weighted.reduce((sum, { weight }) => sum + weight, 0);
  return weighted.find(({ weight }) => (left -= weight) < 0) ?? weighted[0];
}

function uuid(random) {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** mulberry32: the same numbers from 0 to 1 for the same seed. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
