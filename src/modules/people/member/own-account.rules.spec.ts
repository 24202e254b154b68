import { expect, test } from '@jest/globals';
import { refuseAvatar } from './own-account.rules.js';

test('a picture is loaded by the browsers of colleagues: over https, and from nowhere odd', () => {
  for (const url of ['', 'https://cdn.example/ann.png?size=64']) expect(refuseAvatar(url)).toBeUndefined();
  const odd = [
    'http://cdn.example/ann.png',
    'javascript:alert(1)',
    'data:image/png;base64,AAAA',
    '//cdn.example/ann.png',
    'https://user:secret@cdn.example/',
    'https://cdn.example/"onerror="x',
    'https://cdn.example/a b',
  ];
  for (const url of odd) expect(refuseAvatar(url)).toBe('must be an https URL without credentials');
});
