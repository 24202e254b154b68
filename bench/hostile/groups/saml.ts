import { KiB, MiB } from '../bytes.js';
import type { Group, HostileRequest } from '../request.js';
import { post } from '../wire.js';
import type { World } from './world.js';

const FORM = 'application/x-www-form-urlencoded';
const OPEN =
  '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_a" Version="2.0"' +
  ' IssueInstant="2030-01-01T00:00:00Z">';
const CLOSE = '</samlp:Response>';

/** Posts to the ACS, which takes them from anybody. */
export function saml({ acs }: World): Group[] {
  const raw = (name: string, value: () => string): HostileRequest =>
    post(name, acs, FORM, () => new URLSearchParams({ SAMLResponse: value(), RelayState: 'x' }).toString());
  const xml = (name: string, text: () => string): HostileRequest =>
    raw(name, () => Buffer.from(text()).toString('base64'));
  const attributes = (count: number): string =>
    Array.from({ length: count }, (_, index) => ` a${index}="1"`).join('');
  return [
    {
      title: 'SAML responses of nobody',
      requests: [
        raw('no base64, 200 KiB', () => '!'.repeat(200 * KiB)),
        raw('base64 of noise, 200 KiB', () => Buffer.alloc(150 * KiB, 0xf3).toString('base64')),
        raw('base64, 1 MiB', () => 'A'.repeat(MiB)),
        raw('base64, 900 KiB', () => 'A'.repeat(900 * KiB)),
        xml('60,000 elements inside each other', () => '<a>'.repeat(60_000)),
        xml('30,000 elements inside each other, closed', () => '<a>'.repeat(30_000) + '</a>'.repeat(30_000)),
        xml('20,000 elements beside each other', () => `${OPEN}${'<a/>'.repeat(20_000)}${CLOSE}`),
        xml('20,000 attributes', () => `${OPEN}<a${attributes(20_000)}/>${CLOSE}`),
        xml('5,000 namespaces', () => {
          const names = Array.from({ length: 5_000 }, (_, index) => ` xmlns:n${index}="urn:${index}"`);
          return `${OPEN}<a${names.join('')}/>${CLOSE}`;
        }),
        xml('a billion laughs', () => {
          const entities = Array.from(
            { length: 9 },
            (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`,
          );
          return `<!DOCTYPE r [<!ENTITY l0 "ha">${entities.join('')}]>${OPEN}&l9;${CLOSE}`;
        }),
        xml('a comment of 150 KiB', () => `${OPEN}<!--${'- '.repeat(75 * KiB)}-->${CLOSE}`),
        xml('a text of 180 KiB', () => `${OPEN}${'&amp;'.repeat(36 * KiB)}${CLOSE}`),
        xml('3,000 signatures', () => {
          const one = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>';
          return `${OPEN}${one.repeat(3_000)}${CLOSE}`;
        }),
        xml('an attribute that no quote ends', () => `${OPEN}<a b="${'<'.repeat(150 * KiB)}`),
        post('a form of 100,000 fields', acs, FORM, () => 'a=1&'.repeat(100_000)),
        post('a form of 1.5 MiB', acs, FORM, () => `SAMLResponse=${'A'.repeat(1.5 * MiB)}`),
        post('a form of 300,000 escapes', acs, FORM, () => `SAMLResponse=${'%41'.repeat(300_000)}`),
        post('JSON in the place of a form', acs, 'application/json', () => '['.repeat(900_000)),
      ],
    },
  ];
}
