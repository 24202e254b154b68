import { expect, test } from '@jest/globals';
import { html } from './html.js';

test('what is put in is text, unless it is markup', () => {
  const evil = `<script>alert('&"')</script>`;
  expect(html`<p title="${evil}">${evil}</p>`.markup).not.toContain('<script');
  const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`);
  expect(html`${items}`.markup).toBe('<i>a</i><i>&#60;b&#62;</i>');
  expect(html`${undefined}${false}${0}${''}`.markup).toBe('0');
});
