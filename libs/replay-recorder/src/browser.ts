/** What the recorder uses of a browser: its specs run without one. */
export interface Browser {
  /** The person asks every site not to be followed. */
  isTrackingRefused: boolean;
  post(url: string, headers: Record<string, string>, body: Uint8Array, keepalive: boolean): Promise<Answer>;
  gzip(text: string): Promise<Uint8Array>;
  /** Calls the listener whenever the page is hidden, also for good; returns what ends that. */
  onHide(listener: () => void): () => void;
  /** Returns what ends the wait. */
  wait(ms: number, then: () => void): () => void;
  random(): number;
  randomId(): string;
}

export interface Answer {
  status: number;
  body: Uint8Array;
}

/** The part of `window` that is used. */
interface Window {
  fetch: typeof globalThis.fetch;
  crypto: { randomUUID(): string };
  navigator: { doNotTrack?: string | null; globalPrivacyControl?: boolean };
  document: { visibilityState: string } & Listening;
}
interface Listening {
  addEventListener(name: string, listener: () => void): void;
  removeEventListener(name: string, listener: () => void): void;
}

export function browserOf(window: Window & Listening): Browser {
  const { navigator, document } = window;
  return {
    isTrackingRefused: navigator.doNotTrack === '1' || navigator.globalPrivacyControl === true,
    async post(url, headers, body, keepalive) {
      const request = { method: 'POST', headers, body: new Uint8Array(body), keepalive };
      // Cookies of the server are of no use to the call, and another site must not make it with them.
      const response = await window.fetch(url, {
        ...request,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
      return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
    },
    async gzip(text) {
      const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    },
    onHide(listener) {
      const whenHidden = (): void => {
        if (document.visibilityState === 'hidden') listener();
      };
      window.addEventListener('pagehide', listener);
      document.addEventListener('visibilitychange', whenHidden);
      return () => {
        window.removeEventListener('pagehide', listener);
        document.removeEventListener('visibilitychange', whenHidden);
      };
    },
    wait(ms, then) {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    randomId: () => window.crypto.randomUUID(),
  };
}
