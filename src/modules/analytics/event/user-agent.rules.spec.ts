import { describe, expect, test } from '@jest/globals';
import { recognizedAgent } from './user-agent.js';
import { agentProperties } from './user-agent.rules.js';

type Contract = Parameters<typeof agentProperties>[1];

function shown(userAgent: string, contract: Contract): string {
  const properties = agentProperties(recognizedAgent(userAgent), contract);
  return ['$browser', '$browserVersion', '$os', '$osVersion', '$device', '$mobile']
    .map((name) => String(properties.get(name)?.value ?? ''))
    .join('|');
}

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';

/** User agent, what the shipped contract shows. */
const people: [string, string][] = [
  [`${windows} ${webkit} Chrome/120.0.0.0 Safari/537.36`, 'Google Chrome|120|Windows|10|desktop|false'],
  [`${mac} ${webkit} Chrome/131.0.6778.86 Safari/537.36`, 'Google Chrome|131|macOS|10.15.7|desktop|false'],
  [
    `${mac} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15`,
    'Safari|17|macOS|10.15.7|desktop|false',
  ],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/119.0.0.0 Safari/537.36`,
    'Google Chrome|119|Linux||desktop|false',
  ],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/120.0.0.0 Safari/537.36`,
    'Google Chrome|120|Chrome OS||desktop|false',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0',
    'Firefox|121|Windows|10|desktop|false',
  ],
  [
    'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0',
    'Firefox|115|Linux||desktop|false',
  ],
  [
    'Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0',
    'Firefox|120|Linux||desktop|false',
  ],
  [
    `${windows} ${webkit} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91`,
    'Microsoft Edge|120|Windows|10|desktop|false',
  ],
  [
    `${windows} ${webkit} Chrome/51.0.2704.79 Safari/537.36 Edge/14.14393`,
    'Microsoft Edge|14|Windows|10|desktop|false',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
    'Internet Explorer|11|Windows|10|desktop|false',
  ],
  [
    `Mozilla/5.0 (Windows NT 6.1; Win64; x64) ${webkit} Chrome/109.0.0.0 Safari/537.36`,
    'Google Chrome|109|Windows|7|desktop|false',
  ],
  [`${windows} ${webkit} Chrome/119.0.0.0 Safari/537.36 OPR/105.0.0.0`, 'Opera|105|Windows|10|desktop|false'],
  [
    `${windows} ${webkit} Chrome/120.0.6099.71 Safari/537.36 Vivaldi/6.5.3206.39`,
    'Vivaldi|6|Windows|10|desktop|false',
  ],
  [
    `${windows} ${webkit} Chrome/118.0.0.0 YaBrowser/23.11.0 Safari/537.36`,
    'Yandex Browser|23|Windows|10|desktop|false',
  ],
  [
    `${mac} ${webkit} MyApp/1.2.3 Chrome/118.0.5993.159 Electron/27.1.2 Safari/537.36`,
    'Electron|27|macOS|10.15.7|desktop|false',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1.2 Mobile/15E148 Safari/604.1',
    'Safari|17|iOS|17.1.2|mobile|true',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1',
    'Safari|16|iOS|16.6|tablet|false',
  ],
  [
    'Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1',
    'Safari|12|iOS|12.5|mobile|true',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/119.0.6045.169 Mobile/15E148 Safari/604.1',
    'Google Chrome|119|iOS|17.1|mobile|true',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 13_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/21.0 Mobile/15E148 Safari/605.1.15',
    'Firefox|21|iOS|13.3|mobile|true',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/119.0.2151.65 Mobile/15E148 Safari/605.1.15',
    'Microsoft Edge|119|iOS|17.0|mobile|true',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/20F66 [FBAN/FBIOS;FBDV/iPhone14,5;FBSV/16.5]',
    'Safari||iOS|16.5|mobile|true',
  ],
  [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webkit} Chrome/120.0.6099.43 Mobile Safari/537.36`,
    'Google Chrome|120|Android|14|mobile|true',
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/120.0.0.0 Mobile Safari/537.36`,
    'Google Chrome|120|Android|10|mobile|true',
  ],
  [
    `Mozilla/5.0 (Linux; Android 13; SM-X700) ${webkit} Chrome/119.0.0.0 Safari/537.36`,
    'Google Chrome|119|Android|13|tablet|false',
  ],
  [
    `Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) ${webkit} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36`,
    'Samsung Internet|23|Android|13|mobile|true',
  ],
  [
    'Mozilla/5.0 (Android 14; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0',
    'Firefox|121|Android|14|mobile|true',
  ],
  [
    'Mozilla/5.0 (Android 13; Tablet; rv:109.0) Gecko/115.0 Firefox/115.0',
    'Firefox|115|Android|13|tablet|false',
  ],
  [
    `Mozilla/5.0 (Linux; Android 12; Redmi Note 11) ${webkit} Chrome/118.0.0.0 Mobile Safari/537.36 OPR/79.4.4195.76666`,
    'Opera|79|Android|12|mobile|true',
  ],
  [
    'Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; GT-I9100) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
    'Android Browser|4|Android|4.0.3|mobile|true',
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; MI 9; wv) ${webkit} Version/4.0 Chrome/86.0.4240.99 XWEB/4313 Mobile Safari/537.36 MMWEBID/4629 MicroMessenger/8.0.27`,
    'WeChat|8|Android|10|mobile|true',
  ],
  [
    `Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) ${webkit} 76.0.3809.146/6.0 TV Safari/537.36`,
    'Tizen||Tizen|6.0|tv|false',
  ],
  [
    `Mozilla/5.0 (Web0S; Linux/SmartTV) ${webkit} Chrome/94.0.4606.128 Safari/537.36 WebAppManager`,
    'WebOS Browser||WebOS||tv|false',
  ],
  [
    'Mozilla/5.0 (PlayStation; PlayStation 5/6.50) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
    'Safari|13||||',
  ],
];

/** Programs on servers and in apps, which SDKs run in. */
const programs = [
  '',
  'node',
  'undici',
  'axios/1.6.2',
  'node-fetch/1.0',
  'Go-http-client/2.0',
  'python-requests/2.31.0',
  'connect-es/2.0.0',
  'connect-go/1.16 (go1.22)',
  'grpc-node-js/1.10.0',
  'Dart/3.2 (dart:io)',
  'okhttp/4.12.0',
  'MyApp/1 CFNetwork/1485 Darwin/23.1.0',
  'Java/17.0.9',
  'curl/8.5.0',
];

const bots = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) ${webkit} Chrome/120.0.6099.71 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'Twitterbot/1.0',
  `Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/120.0.6099.28 Safari/537.36`,
];

describe('a user agent of a person', () => {
  test.each(people)('%s', (userAgent, properties) => {
    expect(shown(userAgent, 'shipped')).toBe(properties);
    expect(recognizedAgent(userAgent).isBot).toBe(false);
  });

  test('is named as the documentation names it, in the documented contract', () => {
    expect(shown(people[0]?.[0] ?? '', 'documented')).toBe('Chrome|120.0.0|Windows|10|desktop|false');
    expect(shown(people[26]?.[0] ?? '', 'documented')).toBe('Samsung Internet|23.0|Android|13|mobile|true');
  });
});

test.each(programs)('the program %j is no bot, and nothing is recognized', (userAgent) => {
  expect(recognizedAgent(userAgent).isBot).toBe(false);
  expect(agentProperties(recognizedAgent(userAgent), 'shipped').get('$browser')).toBeUndefined();
});

test.each(bots)('%s is a bot', (userAgent) => {
  expect(recognizedAgent(userAgent).isBot).toBe(true);
});

test('a bot is no device', () => {
  expect(shown(bots[0] ?? '', 'shipped')).toBe('Googlebot|2||||');
});

test('a system of another parser is named alike', () => {
  const agent = { ...recognizedAgent(''), browser: 'Edge', browserVersion: '18.1' };
  expect(agentProperties({ ...agent, os: 'Mac OS X' }, 'shipped').get('$os')?.value).toBe('macOS');
  expect(agentProperties({ ...agent, os: 'Ubuntu' }, 'shipped').get('$os')?.value).toBe('Linux');
  expect(agentProperties(agent, 'shipped').get('$browser')?.value).toBe('Microsoft Edge');
});

test('a header of any length is read', () => {
  expect(recognizedAgent(`Mozilla/5.0 (${'a'.repeat(100_000)}`).isBot).toBe(false);
});
