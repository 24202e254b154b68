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
  template: { title: 'Hello {{name}}', body: '# Hi\n\nBring {{item}}. Then go.', variables: [] },
  senderName: 'Facilities',
  actions: [{ id: 'ack', type: 'ACK', label: 'Got it' }],
  stepVariables: {},
  locale: 'en',
};

const nobody: Recipient = { profile: {}, customAttributes: {}, variables: {} };

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
        summary: 'Hi',
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
