// People of a shop, with whose events a recording and its replays begin: always the same for the same instant.
const DAY_MS = 86_400_000;
const countries = ['SE', 'DE', 'US', 'IN', 'FR'];
const paths = ['/', '/pricing', '/docs'];
const kinds = ['page_view', 'click', 'signup', 'purchase'];

/** In the JSON of `sdk.events.v1.EventsService/BatchCreate`. */
export function eventsBefore(instant) {
  return Array.from({ length: 60 }, (_, person) => eventsOf(person, instant)).flat();
}

/** In the JSON of `sdk.profiles.v1.ProfilesSDKService/Identify`. */
export function people() {
  return Array.from({ length: 10 }, (_, number) => ({
    externalId: `user-${number}`,
    traits: {
      name: `User ${number}`,
      email: `user${number}@shop.example`,
      plan: number % 2 ? 'pro' : 'free',
      seats: number,
    },
  }));
}

function eventsOf(person, instant) {
  return Array.from({ length: 4 }, (_, visit) => {
    const begun = instant - ((person * 7 + visit * 5) % 21) * DAY_MS - (person + 1) * 60_000;
    return kinds.slice(0, 1 + ((person + visit) % kinds.length)).map((kind, step) => {
      const path = paths[(person + step) % paths.length];
      return {
        eventId: uuid(person, visit, step + 1),
        kind,
        distinctId: person % 3 ? `user-${person}` : `anon-${uuid(person, 0, 0)}`,
        sessionId: uuid(person, visit, 0),
        occurTime: new Date(begun + step * 20_000).toISOString(),
        autoProperties: {
          $url: { stringValue: `https://shop.example${path}` },
          $pathname: { stringValue: path },
          $country: { stringValue: countries[person % countries.length] },
          $browser: { stringValue: 'Firefox' },
          $os: { stringValue: 'Linux' },
        },
        customProperties: {
          plan: { stringValue: person % 2 ? 'pro' : 'free' },
          ...(kind === 'purchase' && { amount: { doubleValue: 10 + person } }),
        },
      };
    });
  }).flat();
}

function uuid(person, visit, step) {
  const hex = (number, length) => number.toString(16).padStart(length, '0');
  return `0190f5e2-5e6b-7${hex(step, 3)}-8${hex(visit, 3)}-${hex(person, 12)}`;
}
