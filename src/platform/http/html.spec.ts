import { expect, test } from '@jest/globals';
import { html } from './html.js';

test('what is put in is text, unless it is markup', () => {
  const evil = `<script>alert('&"')</script>`;
  expect(html`<p title="${evil}">${evil}</p>`.markup).not.toContain('<script');
  expect(
    html`<ul>
      ${['a', '<b>'].map((item) => html`<li>${item}</li>`)}
    </ul>`.markup,
  ).toBe('<ul><li>a</li><li>&#60;b&#62;</li></ul>');
  expect(html`${undefined}${false}${0}${''}`.markup).toBe('0');
});
