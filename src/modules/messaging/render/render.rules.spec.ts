import { describe, expect, test } from '@jest/globals';
import { contentId } from '@dovecote/template';
import { compileMessage, type MessageSource, type Recipient } from './render.rules.js';

const variable = {
  source: 'CUSTOM' as const,
  description: '',
  required: false,
  defaultValue: '',
  pii: false,
};

const source: MessageSource = {
  template: {
    title: 'Hello {{name}}',
    body: '# Hi\n\nBring {{item}}. Then go.',
    variables: [],
    sourceLocale: 'en',
  },
  translations: [],
  senderName: 'Facilities',
  actions: [{ id: 'ack', type: 'ACK', label: 'Got it' }],
  stepVariables: {},
  campaignLocale: '',
  organizationLocale: '',
};

const nobody: Recipient = { profile: {}, customAttributes: {}, preferredLocale: '', variables: {} };

describe('a message', () => {
  test('carries what it was compiled with, and the id of all of it', () => {
    const result = compileMessage(source)({ ...nobody, variables: { name: 'Erin', item: 'tea' } });
    const content = {
      title: 'Hello Erin',
      body: '# Hi\n\nBring tea. Then go.',
      senderName: 'Facilities',
      actions: [{ id: 'ack', type: 'ACK', label: 'Got it' }],
      locale: 'en',
    };
    expect(result).toEqual({
      ok: true,
      content: {
        ...content,
        contentId: contentId(content),
        summary: 'Bring tea.',
        preview: 'Hi Bring tea. Then go.',
      },
    });
  });

  test('has the title that was given instead of the template’s, with values put in', () => {
    const result = compileMessage({ ...source, title: 'Dear {{name}}' })({
      ...nobody,
      variables: { name: 'Max' },
    });
    expect(result).toMatchObject({ content: { title: 'Dear Max' } });
  });

  test('prefers the recipient’s value to the step’s', () => {
    const render = compileMessage({ ...source, stepVariables: { item: 'milk', name: 'all' } });
    expect(render({ ...nobody, variables: { item: 'tea' } })).toMatchObject({
      content: { title: 'Hello all', body: expect.stringContaining('Bring tea') },
    });
  });

  test.each([
    [['a'], 'The required variable a has no value.'],
    [['a', 'b'], 'The required variables a, b have no value.'],
  ])('is not made while %j is missing', (names, error) => {
    const variables = names.map((name) => ({ ...variable, name, required: true }));
    const render = compileMessage({ ...source, template: { ...source.template, variables } });
    expect(render(nobody)).toEqual({ ok: false, error });
  });
});

describe('a message in another language', () => {
  const spanish = { locale: 'es', title: 'Hola {{name}}', body: 'Trae {{item}}.' };
  const japanese = { locale: 'ja', title: '', body: '{{item}}をお持ちください。' };
  const erin = { ...nobody, variables: { name: 'Erin', item: 'tea' } };

  function localized(more: Partial<MessageSource>, preferredLocale = ''): Record<string, string> {
    const result = compileMessage({ ...source, translations: [spanish, japanese], ...more })({
      ...erin,
      preferredLocale,
    });
    if (!result.ok) throw new Error(result.error);
    const { locale, title, body, contentId: id } = result.content;
    return { locale, title, body, id };
  }

  test('is what the recipient prefers, with an id of its own', () => {
    const content = { title: 'Hola Erin', body: 'Trae tea.', locale: 'es' };
    const id = contentId({ ...content, senderName: source.senderName, actions: source.actions });
    expect(localized({}, 'es')).toEqual({ ...content, id });
  });

  test('is what the campaign forces, else what the recipient prefers, else the organization’s', () => {
    expect(localized({ campaignLocale: 'es' }, 'ja')).toMatchObject({ locale: 'es' });
    expect(localized({ organizationLocale: 'es' }, 'ja')).toMatchObject({ locale: 'ja' });
    expect(localized({ organizationLocale: 'es' })).toMatchObject({ locale: 'es' });
    expect(localized({ organizationLocale: 'es' }, 'en')).toMatchObject({
      locale: 'en',
      title: 'Hello Erin',
    });
  });

  test('is the source where there is no translation, and says so', () => {
    const fallback = localized({ organizationLocale: 'es' }, 'zh');
    expect(fallback).toEqual(localized({}));
    expect(fallback).toMatchObject({ locale: 'en', title: 'Hello Erin' });
  });

  test('has the title of the campaign in every language, and the source’s where the translation has none', () => {
    for (const locale of ['es', 'ja', 'en'])
      expect(localized({ title: 'Dear {{name}}' }, locale)).toMatchObject({ title: 'Dear Erin' });
    expect(localized({}, 'ja')).toMatchObject({ title: 'Hello Erin', locale: 'ja' });
  });

  test('fails and hides like the source', () => {
    const variables = [{ ...variable, name: 'item', required: true, pii: true }];
    const template = { ...source.template, variables };
    const render = compileMessage({ ...source, template, translations: [spanish] });
    expect(render({ ...nobody, preferredLocale: 'es' })).toMatchObject({ ok: false });
    expect(render({ ...erin, preferredLocale: 'es' })).toMatchObject({
      content: { body: 'Trae {{pii}}tea{{/pii}}.', summary: 'Trae •••.', preview: 'Trae •••.' },
    });
  });
});
