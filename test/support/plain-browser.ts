import { type HTMLElement, parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

/** A form on a page, with what it would send. */
export interface PageForm {
  readonly action: string;
  readonly method: 'get' | 'post';
  readonly fields: Readonly<Record<string, string>>;
}

/** Where the browser has come to. */
export interface Visit {
  /** Of the page; of a place outside, where a redirect leads, though nothing was asked for there. */
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly forms: readonly PageForm[];
}

const MOST_STEPS = 20;
const SAML_FIELD = /^SAML(Request|Response)$/;

/**
 * A browser without a window: it keeps cookies, follows redirects and reads forms. Forms that carry SAML messages it
 * sends on by itself, as pages with a script make browsers do. It visits no place outside this machine.
 */
export class PlainBrowser {
  private readonly cookies = new CookieJar();
  /** The forms with SAML messages that were sent, the newest last. */
  readonly carried: PageForm[] = [];
  /** Where redirects led, the newest last. */
  readonly led: string[] = [];

  open(url: string): Promise<Visit> {
    return this.go({ action: url, method: 'get', fields: {} });
  }

  /** Sends the form of the page that has the field, filled in. */
  async submit({ forms, text }: Visit, filled: Record<string, string>): Promise<Visit> {
    const form = forms.find(({ fields }) => Object.keys(filled).every((name) => name in fields));
    if (!form) throw new Error(`No form has ${Object.keys(filled).join(', ')}: ${text.slice(0, 2000)}`);
    return this.go({ ...form, fields: { ...form.fields, ...filled } });
  }

  private async go(form: PageForm): Promise<Visit> {
    let next = form;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      if (Object.keys(next.fields).some((name) => SAML_FIELD.test(name))) this.carried.push(next);
      const { hostname } = new URL(next.action);
      if (hostname !== '127.0.0.1' && hostname !== 'localhost') {
        return { url: next.action, status: 0, text: '', forms: [] };
      }
      const visit = await this.request(next);
      if (visit instanceof URL) {
        next = { action: visit.toString(), method: 'get', fields: {} };
        continue;
      }
      const [only] = visit.forms.filter(({ fields }) =>
        Object.keys(fields).some((name) => SAML_FIELD.test(name)),
      );
      const isPassedOn = only && visit.forms.length === 1 && !('password' in only.fields);
      if (!isPassedOn) return visit;
      next = only;
    }
    throw new Error(`The way goes on and on: ${next.action}`);
  }

  /** Answers where a redirect leads. */
  private async request({ action, method, fields }: PageForm): Promise<Visit | URL> {
    const url = new URL(action);
    const body = new URLSearchParams(fields).toString();
    if (method === 'get' && body !== '') url.search = body;
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        cookie: await this.cookies.getCookieString(url.toString()),
        ...(method === 'post' && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: method === 'post' ? body : undefined,
    });
    for (const cookie of response.headers.getSetCookie()) {
      await this.cookies.setCookie(cookie, url.toString(), { ignoreError: true });
    }
    const location = response.headers.get('location');
    if (location) {
      const next = new URL(location, url);
      this.led.push(next.toString());
      return next;
    }
    const text = await response.text();
    const forms = parse(text).querySelectorAll('form');
    return {
      url: url.toString(),
      status: response.status,
      text,
      forms: forms.map((form) => formOf(form, url)),
    };
  }
}

function formOf(form: HTMLElement, page: URL): PageForm {
  const fields = form
    .querySelectorAll('input[name], button[name]')
    .map((field) => [field.getAttribute('name') ?? '', field.getAttribute('value') ?? ''] as const);
  return {
    action: new URL(form.getAttribute('action') || page, page).toString(),
    method: form.getAttribute('method')?.toLowerCase() === 'post' ? 'post' : 'get',
    fields: Object.fromEntries(fields),
  };
}
