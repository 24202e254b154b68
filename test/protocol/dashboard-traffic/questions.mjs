// Addresses of the page of insights: the application makes the requests of them. Numbers are those of the contract's enums.
const AUTO = 1;
const CUSTOM = 2;
const PROFILE = 3;
const [trends, funnel, retention, userFlow, topK, map] = [1, 3, 4, 5, 6, 7];
const [hour, day, week, month] = [2, 3, 4, 5];

const single = (property, source, operator, value) => ({ kind: 'single', property, source, operator, value });
const filters = [
  single('plan', CUSTOM, 1, 'pro'),
  single('plan', CUSTOM, 2, 'pro'),
  single('$url', AUTO, 3, 'pricing'),
  single('$url', AUTO, 4, 'pricing'),
  { kind: 'presence', property: '$country', source: AUTO, operator: 5 },
  { kind: 'presence', property: 'email', source: PROFILE, operator: 6 },
  single('amount', CUSTOM, 7, '30'),
  single('amount', CUSTOM, 8, '30'),
  single('amount', CUSTOM, 9, '30'),
  single('amount', CUSTOM, 10, '30'),
  { kind: 'multi', property: '$country', source: AUTO, operator: 11, values: ['SE', 'DE'] },
  { kind: 'multi', property: 'plan', source: PROFILE, operator: 12, values: ['pro'] },
  { kind: 'range', property: 'amount', source: CUSTOM, operator: 13, min: '20', max: '40' },
  { kind: 'range', property: 'amount', source: CUSTOM, operator: 14, min: '20', max: '40' },
];
const event = (kind, more = {}) => ({ kind, filters: [], ...more });
const numeric = { aggregationProperty: 'amount' };
const flow = (nodeKind, nodeProperty = '', kind = '') => ({
  nodeKind,
  nodeProperty,
  groupBy: 1,
  scope: { kind, filters: [] },
});

/** Name to the parameters of the address. */
export const questions = {
  'every operator of filters': filters.map((filter) => ({
    it: trends,
    gr: day,
    ef: [event('purchase', { filters: [filter] })],
  })),
  'every measure': [1, 2, 3, 4, 5, 6, 7].map((aggregation) => ({
    it: trends,
    gr: week,
    ef: [event('purchase', { aggregation, ...(aggregation > 3 && numeric) })],
  })),
  'trends of several events, broken down, by hour, week and month': [hour, week, month].map((gr) => ({
    it: trends,
    gr,
    ef: [event('page_view'), event('purchase', { aggregation: 2 })],
    bd: ['$country', 'plan'],
    pf: [filters[0]],
  })),
  funnels: [{}, { bd: ['$country'] }].map((more) => ({
    it: funnel,
    gr: day,
    ef: ['page_view', 'click', 'signup'].map((kind) => event(kind)),
    ...more,
  })),
  retention: [{}, { bd: ['plan'] }].map((more) => ({
    it: retention,
    gr: day,
    ef: [event('page_view'), event('click')],
    ...more,
  })),
  'user flows': [flow(1), flow(1, '', 'page_view'), flow(2, '$pathname')].map((uf) => ({
    it: userFlow,
    gr: day,
    uf,
  })),
  rankings: [
    { dimension: 2, metric: 1, limit: 10 },
    { dimension: 1, property: '$country', metric: 2, limit: 5 },
    { dimension: 1, property: 'plan', metric: 4, metricProperty: 'amount', limit: 20, omitOthers: true },
    { dimension: 3, metric: 1, limit: 5 },
  ].map((tk) => ({ it: topK, gr: day, tk })),
  maps: [{ metric: 1 }, { metric: 4, metricProperty: 'amount' }].map((mp) => ({ it: map, gr: day, mp })),
};

export function addressOf(question, instant) {
  const DAY_MS = 86_400_000;
  const span = question.gr === hour ? 2 : question.gr === month ? 90 : 28;
  const parameters = Object.entries(question).map(([name, value]) => [
    name,
    typeof value === 'number' ? String(value) : JSON.stringify(value),
  ]);
  const range = [
    ['tf', String(instant - span * DAY_MS)],
    ['tt', String(instant)],
  ];
  return `insights?${new URLSearchParams([...parameters, ...range])}`;
}
