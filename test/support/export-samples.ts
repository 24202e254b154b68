// Files of other products in their true shape, with people and pages that do not exist. Each names the description that it
// follows; all fields of the product are there, also those that an import has no use for.

/** Raw export, `GET /api/2.0/export` (docs.mixpanel.com/reference/raw-event-export): web SDK 2, as of 2025. */
export const mixpanelEvents = [
  {
    event: '$mp_web_page_view',
    properties: {
      time: 1_741_064_767,
      distinct_id: '$device:0b6c1a52-7f0e-4d0a-9a43-5d8f1c6e2a10',
      $browser: 'Chrome',
      $browser_version: 121,
      $city: 'Uppsala',
      $current_url: 'https://shop.example/tea?utm_source=letter',
      $device_id: '0b6c1a52-7f0e-4d0a-9a43-5d8f1c6e2a10',
      $had_persisted_distinct_id: false,
      $initial_referrer: '$direct',
      $initial_referring_domain: '$direct',
      $insert_id: 'k3jx0a9fq2mz7t1c',
      $lib_version: '2.49.0',
      $mp_api_endpoint: 'api-js.mixpanel.com',
      $mp_api_timestamp_ms: 1_741_064_768_112,
      $os: 'Mac OS X',
      $region: 'Uppsala County',
      $screen_height: 1080,
      $screen_width: 1920,
      current_domain: 'shop.example',
      current_page_title: 'Tea',
      current_url_path: '/tea',
      mp_country_code: 'SE',
      mp_lib: 'web',
      mp_processing_time_ms: 1_741_064_768_301,
      mp_sent_by_lib_version: '2.49.0',
      utm_source: 'letter',
    },
  },
  {
    event: 'Order Placed',
    properties: {
      time: 1_741_064_800,
      distinct_id: 'anna',
      $distinct_id_before_identity: '$device:0b6c1a52-7f0e-4d0a-9a43-5d8f1c6e2a10',
      $device: 'iPhone',
      $insert_id: '5d7c2b1a9e0f4c3d',
      $import: true,
      $user_id: 'anna',
      total: 19.5,
      'Items Bought': ['green', 'black'],
      mp_processing_time_ms: 1_741_064_800_900,
    },
  },
  // Projects with the original joining of ids have these.
  {
    event: '$identify',
    properties: {
      time: 1_741_064_801,
      distinct_id: 'bert',
      $identified_id: 'bert',
      $anon_id: 'device-b',
      $insert_id: 'a',
    },
  },
  {
    event: '$create_alias',
    properties: { time: 1_741_064_802, distinct_id: 'bert', alias: 'bert@shop.example', $insert_id: 'b' },
  },
  {
    event: '$merge',
    properties: { time: 1_741_064_803, $distinct_ids: ['bert', 'robert'], $insert_id: 'c' },
  },
];

/** `POST /api/query/engage` (docs.mixpanel.com/reference/engage-query): a page of persons. */
export const mixpanelPeople = {
  page: 0,
  page_size: 1000,
  session_id: '1741064767-abcdef',
  status: 'ok',
  total: 1,
  results: [
    {
      $distinct_id: 'anna',
      $properties: {
        $city: 'Uppsala',
        $email: 'anna@shop.example',
        $ip: '192.0.2.7',
        $last_seen: '2025-03-04T05:06:07',
        $name: 'Anna',
        plan: 'pro',
      },
    },
  ],
};

const amplitudeEvent = {
  $insert_id: '3c1b7b0e-98b6-44a1-8f0e-0b6f4c1f6a11',
  $insert_key: null,
  $schema: null,
  adid: null,
  amplitude_attribution_ids: null,
  amplitude_event_type: null,
  amplitude_id: 905_112_334_455,
  app: 512_233,
  city: 'Uppsala',
  client_event_time: '2025-03-04 05:06:07.890000',
  client_upload_time: '2025-03-04 05:06:09.101000',
  country: 'Sweden',
  data: { group_first_event: {}, group_ids: {}, path: '/2/httpapi', user_properties_updated: true },
  data_type: 'event',
  device_brand: null,
  device_carrier: null,
  device_family: 'Mac OS X',
  device_id: '7f6a0a34-4b0a-4c7c-bd0c-1c0f3a2b9d55',
  device_manufacturer: null,
  device_model: null,
  device_type: 'Mac',
  dma: null,
  event_id: 17,
  event_properties: {
    '[Amplitude] Page Counter': 1,
    '[Amplitude] Page Domain': 'shop.example',
    '[Amplitude] Page Location': 'https://shop.example/tea?utm_source=letter',
    '[Amplitude] Page Path': '/tea',
    '[Amplitude] Page Title': 'Tea',
    '[Amplitude] Page URL': 'https://shop.example/tea',
    utm_source: 'letter',
  },
  event_time: '2025-03-04 05:06:07.890000',
  event_type: '[Amplitude] Page Viewed',
  global_user_properties: {},
  group_properties: {},
  groups: {},
  idfa: null,
  ip_address: '192.0.2.7',
  is_attribution_event: false,
  language: 'English',
  library: 'amplitude-ts/2.11.1',
  location_lat: null,
  location_lng: null,
  os_name: 'Chrome',
  os_version: '121',
  partner_id: null,
  paying: null,
  plan: {},
  platform: 'Web',
  processed_time: '2025-03-04 05:06:11.320000',
  region: 'Uppsala County',
  sample_rate: null,
  server_received_time: '2025-03-04 05:06:09.120000',
  server_upload_time: '2025-03-04 05:06:09.150000',
  session_id: 1_741_064_767_123,
  source_id: null,
  start_version: null,
  user_creation_time: '2025-03-01 10:00:00.000000',
  user_id: null as string | null,
  user_properties: { initial_utm_source: 'EMPTY', plan: 'pro' },
  uuid: 'a1a8d6d0-f8b8-11ef-9cd2-0242ac120002',
  version_name: null as string | null,
};

/** Export API, `GET /api/2/export` (amplitude.com/docs/apis/analytics/export): a line of a JSON file in the ZIP, as of 2025. */
export const amplitudeEvents = [
  amplitudeEvent,
  {
    ...amplitudeEvent,
    uuid: 'a1a8d6d0-f8b8-11ef-9cd2-0242ac120003',
    event_type: 'Order Placed',
    event_time: '2025-03-04 05:07:00.000000',
    event_properties: { total: 19.5 },
    user_id: 'anna',
    platform: 'iOS',
    os_name: 'ios',
    os_version: '17.3',
    device_family: 'Apple iPhone',
    device_type: 'Apple iPhone',
    version_name: '3.1.0',
    session_id: -1,
  },
];

const posthogProperties = {
  $browser: 'Chrome',
  $browser_version: 121,
  $current_url: 'https://shop.example/tea?utm_source=letter',
  $device_type: 'Desktop',
  $geoip_city_name: 'Uppsala',
  $geoip_country_code: 'SE',
  $geoip_country_name: 'Sweden',
  $host: 'shop.example',
  $ip: '192.0.2.7',
  $lib: 'web',
  $os: 'Mac OS X',
  $pathname: '/tea',
  $session_id: '01956000-0000-7000-8000-000000000001',
  distinct_id: '01956000-0000-7000-8000-00000000000a',
  plan: 'pro',
  token: 'phc_0000',
};

/** Batch export, model `events`, JSON lines (posthog.com/docs/data-pipelines/batch-exports/s3), as of 2025. */
export const posthogEvents = [
  {
    uuid: '01956000-0000-7000-8000-000000000011',
    event: '$pageview',
    distinct_id: '01956000-0000-7000-8000-00000000000a',
    person_id: '01956000-0000-7000-8000-0000000000aa',
    properties: posthogProperties,
    person_properties: { plan: 'pro' },
    set: null,
    set_once: null,
    elements_chain: '',
    ip: '192.0.2.7',
    site_url: '',
    team_id: 1,
    timestamp: '2025-03-04T05:06:07.123000Z',
    created_at: '2025-03-04T05:06:08.001000Z',
  },
  {
    uuid: '01956000-0000-7000-8000-000000000012',
    event: '$identify',
    distinct_id: 'anna',
    properties: {
      $anon_distinct_id: '01956000-0000-7000-8000-00000000000a',
      $set: { plan: 'pro', $ip: '192.0.2.7' },
      $set_once: { plan: 'free', $initial_browser: 'Chrome' },
    },
    timestamp: '2025-03-04T05:06:09.000000Z',
  },
  {
    uuid: '01956000-0000-7000-8000-000000000013',
    event: '$groupidentify',
    distinct_id: 'anna',
    properties: { $group_key: 'acme', $group_set: { name: 'Acme' }, $group_type: 'company' },
    timestamp: '2025-03-04T05:06:10.000000Z',
  },
];

/** Batch export, model `persons`: a row for each id of a person. */
export const posthogPersonRows = ['bert', '01956000-0000-7000-8000-00000000000b'].map((distinctId, n) => ({
  team_id: 1,
  distinct_id: distinctId,
  person_id: '01956000-0000-7000-8000-0000000000bb',
  properties: { plan: 'team', $initial_os: 'Linux' },
  person_distinct_id_version: n,
  person_version: 3,
  created_at: '2025-03-01T00:00:00.000000Z',
  is_deleted: false,
}));

/** `GET /api/projects/:id/persons` (posthog.com/docs/api/persons): a page. */
export const posthogPersons = {
  next: 'https://eu.posthog.com/api/projects/1/persons/?cursor=abc',
  previous: null,
  results: [
    {
      id: 7,
      uuid: '01956000-0000-7000-8000-0000000000cc',
      name: 'carl',
      type: 'person',
      distinct_ids: ['01956000-0000-7000-8000-00000000000c', 'carl'],
      properties: { email: 'carl@shop.example' },
      is_identified: true,
      created_at: '2025-03-01T00:00:00.000000Z',
    },
  ],
};

/** "Export all columns" of the events in its pages: a column for each property. */
export const posthogCsv = [
  '*.uuid,*.event,*.properties.$browser,*.properties.plan,*.timestamp,*.distinct_id,*.elements_chain,*.created_at',
  '01956000-0000-7000-8000-000000000021,buy,Safari,pro,2025-03-04T06:00:00.000000Z,anna,,2025-03-04T06:00:01.000000Z',
].join('\r\n');

const text = (key: string, value: string) => ({ key, value: { string_value: value } });
const whole = (key: string, value: string) => ({ key, value: { int_value: value } });

/** BigQuery export, table `events_YYYYMMDD`, as `bq extract` writes it (support.google.com/analytics/answer/7029846), as of 2025. */
export const ga4Rows = [
  {
    event_date: '20250304',
    event_timestamp: '1741064767123456',
    event_name: 'purchase',
    event_params: [
      text('page_location', 'https://shop.example/tea'),
      text('page_title', 'Tea'),
      whole('ga_session_id', '1741064700'),
      whole('ga_session_number', '3'),
      { key: 'value', value: { double_value: 19.5 } },
      text('currency', 'SEK'),
    ],
    event_bundle_sequence_id: '-12345',
    event_server_timestamp_offset: '812000',
    user_pseudo_id: '1234567890.1741000000',
    privacy_info: { analytics_storage: 'Yes', ads_storage: 'Yes', uses_transient_token: 'No' },
    user_properties: [
      { key: 'plan', value: { string_value: 'pro', set_timestamp_micros: '1741000000000000' } },
    ],
    user_first_touch_timestamp: '1741000000000000',
    device: {
      category: 'desktop',
      operating_system: 'Macintosh',
      operating_system_version: 'Macintosh Intel 10.15',
      language: 'sv-se',
      is_limited_ad_tracking: 'No',
      web_info: { browser: 'Chrome', browser_version: '121.0.0.0', hostname: 'shop.example' },
    },
    geo: {
      city: 'Uppsala',
      country: 'Sweden',
      continent: 'Europe',
      region: 'Uppsala County',
      metro: '(not set)',
    },
    traffic_source: { name: '(direct)', medium: '(none)', source: '(direct)' },
    collected_traffic_source: {
      manual_source: 'letter',
      manual_medium: 'email',
      manual_campaign_name: 'spring',
    },
    stream_id: '987654321',
    platform: 'WEB',
    ecommerce: { total_item_quantity: '1', purchase_revenue: 19.5, transaction_id: 'T-1' },
    items: [{ item_id: 'tea-1', item_name: 'Green tea', price: 19.5, quantity: '1' }],
    is_active_user: true,
    batch_event_index: '2',
    batch_page_id: '1741064766000',
    batch_ordering_id: '1',
  },
];

/** Segment's raw calls, as its S3 destination keeps them (segment.com/docs/connections/spec/common). */
export const segmentCalls = [
  {
    anonymousId: 'anon-7',
    channel: 'client',
    context: {
      campaign: { name: 'spring', source: 'letter', medium: 'email' },
      ip: '192.0.2.7',
      library: { name: 'analytics.js', version: 'next-1.64.0' },
      locale: 'sv-SE',
      page: {
        path: '/tea',
        referrer: 'https://search.example/',
        title: 'Tea',
        url: 'https://shop.example/tea',
      },
      timezone: 'Europe/Stockholm',
      userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36',
    },
    integrations: {},
    messageId: 'ajs-next-1741064767123-0190a5e0-0000-7000-8000-000000000001',
    name: 'Tea',
    originalTimestamp: '2025-03-04T05:06:07.100Z',
    projectId: 'p',
    properties: { path: '/tea', title: 'Tea', url: 'https://shop.example/tea' },
    receivedAt: '2025-03-04T05:06:08.000Z',
    sentAt: '2025-03-04T05:06:07.500Z',
    timestamp: '2025-03-04T05:06:07.123Z',
    type: 'page',
    userId: null,
    version: 2,
  },
  {
    anonymousId: 'anon-7',
    context: {
      app: { version: '3.1.0' },
      device: { type: 'ios', model: 'iPhone15,2' },
      os: { name: 'iOS', version: '17.3' },
    },
    event: 'Order Placed',
    messageId: 'ios-2',
    properties: { total: 19.5 },
    timestamp: '2025-03-04T05:07:00.000Z',
    type: 'track',
    userId: 'anna',
  },
  {
    anonymousId: 'anon-7',
    messageId: 'ios-3',
    timestamp: '2025-03-04T05:07:01.000Z',
    traits: { plan: 'pro' },
    type: 'identify',
    userId: 'anna',
  },
];
