// What a browser sends through a proxy, with what servers gave out replaced by where it came from.
import { createServer, request as call } from 'node:http';

/** What each sender makes itself, and what browsers add to every request. */
const unsaid =
  /^(?:host|connection|content-length|transfer-encoding|user-agent|accept|accept-.*|referer|sec-.*|pragma|cache-control)$/;
/** Ids, keys, tokens of links and of sessions. */
const givenOut =
  /^(?:[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|[a-z]{3,5}_\w{20,}|[\w-]{43,}|ey[\w-]+\.ey[\w-]+\.[\w-]+)$/;
/** Asked again and again by pages; once is enough. */
const repeated =
  /\/(?:Query|GetFilterSchema|GetPropertyValues|GetEventExplorer|GetActivityFeed|GetProfileStats)$/;
const instant = /"\d{4}-\d\d-\d\dT[^"]*"/g;

export class Recording {
  parts = [];
  /** RPC to its answers, for the fields that clients are given. */
  answers = new Map();
  failures = [];
  #count = 0;
  #sources = new Map();
  #seen = new Set();

  begin(name) {
    this.parts.push({ name, requests: [] });
  }

  /** Something that the replay does as well, by its name, and its result. */
  act(name, argument, result) {
    const index = this.#add({ act: name, ...this.#hide(argument) });
    this.#learn(index, result);
  }

  /** Undefined where the same was recorded before. */
  add(request, body) {
    const { method, url, headers } = request;
    const said = Object.fromEntries(Object.entries(headers).filter(([name]) => !unsaid.test(name)));
    const recorded = this.#hide({ method, path: url, headers: said, ...bodyOf(body, said['content-type']) });
    if (method === 'OPTIONS' || repeated.test(url)) {
      const same = JSON.stringify(recorded).replaceAll(instant, '""');
      if (this.#seen.has(same)) return undefined;
      this.#seen.add(same);
    }
    return { index: this.#add(recorded), recorded };
  }

  answered({ index, recorded }, status, text) {
    if (status !== (recorded.method === 'OPTIONS' ? 204 : 200)) {
      recorded.status = status;
      this.failures.push(`${recorded.path} ${status} ${text.slice(0, 300)}`);
    }
    if (recorded.method === 'OPTIONS' || !text) return;
    const json = JSON.parse(text);
    this.#learn(index, json);
    if (status === 200) this.answers.set(recorded.path, [...(this.answers.get(recorded.path) ?? []), json]);
  }

  #add(request) {
    this.parts.at(-1).requests.push(request);
    return this.#count++;
  }

  #learn(index, value, path = '') {
    if (typeof value === 'string') {
      if (givenOut.test(value) && !this.#sources.has(value)) this.#sources.set(value, `{{${index}${path}}}`);
    } else if (value && typeof value === 'object')
      for (const [name, inner] of Object.entries(value)) this.#learn(index, inner, `${path}.${name}`);
  }

  #hide(value) {
    const known = [...this.#sources].sort(([one], [other]) => other.length - one.length);
    const text = known.reduce((rest, [secret, from]) => rest.replaceAll(secret, from), JSON.stringify(value));
    return JSON.parse(text);
  }
}

function bodyOf(body, type = '') {
  if (body.length === 0) return {};
  // A stream's message is behind its flags and its length.
  const enveloped = type.startsWith('application/connect+');
  return { ...(enveloped && { enveloped }), body: JSON.parse(body.subarray(enveloped ? 5 : 0).toString()) };
}

/** The first message of an answer. */
function messageOf(body, type = '') {
  if (!type.startsWith('application/connect+')) return body.toString();
  return body.subarray(5, 5 + body.readUInt32BE(1)).toString();
}

/** Listens where the application was built to call. */
export function listen(recording, port, server) {
  const listener = createServer(async (incoming, answer) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const step = recording.add(incoming, body);
    const onward = call(new URL(incoming.url, server), {
      method: incoming.method,
      // An answer is recorded as it is read.
      headers: { ...incoming.headers, 'accept-encoding': 'identity' },
    });
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode, response.headers);
      const parts = [];
      response.on('data', (part) => parts.push(part) && answer.write(part));
      // The application reads the first message of a stream, and goes.
      response.on('close', () => {
        answer.end();
        const text = messageOf(Buffer.concat(parts), response.headers['content-type']);
        if (step) recording.answered(step, response.statusCode, text);
      });
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    onward.end(body);
  });
  return new Promise((resolve) => listener.listen(port, '127.0.0.1', () => resolve(listener)));
}
