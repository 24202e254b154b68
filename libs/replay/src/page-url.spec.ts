import { expect, test } from '@jest/globals';
import { pageUrl } from './page-url.js';

test.each([
  ['https://shop.example/cart?token=s3cret#section', 'https://shop.example/cart'],
  ['https://user:password@shop.example/', 'https://shop.example/'],
  [
    'https://shop.example/reset/8f14e45fceea167a5a36dedd4bea2543/confirm',
    'https://shop.example/reset/*/confirm',
  ],
  ['https://shop.example/people/erin@acme.example', 'https://shop.example/people/*'],
  ['https://shop.example/people/erin%40acme.example', 'https://shop.example/people/*'],
  ['https://shop.example/0191d2c4-7a1b-7c3d-8e4f-5a6b7c8d9e0f', 'https://shop.example/*'],
  [
    'https://shop.example/orders/42/how-to-return-a-parcel',
    'https://shop.example/orders/42/how-to-return-a-parcel',
  ],
  ['javascript:alert(1)', 'about:blank'],
  ['data:text/html,x', 'about:blank'],
  ['file:///home/erin/letter.html', 'about:blank'],
  ['/relative', 'about:blank'],
])('%s is kept as %s', (href, kept) => {
  expect(pageUrl(href)).toBe(kept);
  expect(pageUrl(kept)).toBe(kept);
});
