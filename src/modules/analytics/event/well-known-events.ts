/** What a property of a well-known event has to be. */
export type PropertyShape = { readonly isRequired: boolean } & (
  | { readonly type: 'string'; readonly pattern?: RegExp }
  | {
      readonly type: 'number' | 'integer';
      /** Smaller values, and with `isOpen` this value too, are refused. */
      readonly least?: number;
      readonly isOpen?: boolean;
      readonly most?: number;
    }
  | { readonly type: 'boolean' }
  /** Seconds from 0: a number, or a text such as `12.5s`. */
  | { readonly type: 'duration' }
);

const text: PropertyShape = { type: 'string', isRequired: false };
/** ISO 4217. */
const currency: PropertyShape = { type: 'string', pattern: /^[A-Z]{3}$/, isRequired: false };
const flag: PropertyShape = { type: 'boolean', isRequired: false };
const number: PropertyShape = { type: 'number', isRequired: false };
const positive: PropertyShape = { type: 'number', least: 0, isOpen: true, isRequired: false };
const duration: PropertyShape = { type: 'duration', isRequired: false };
const whole: PropertyShape = { type: 'integer', isRequired: false };
const count: PropertyShape = { type: 'integer', least: 0, isRequired: false };
const severalTimes: PropertyShape = { type: 'integer', least: 2, isRequired: false };
const percent: PropertyShape = { type: 'integer', least: 0, most: 100, isRequired: false };
const score: PropertyShape = { type: 'integer', least: 0, most: 10, isRequired: false };

function required(shape: PropertyShape): PropertyShape {
  return { ...shape, isRequired: true };
}

/**
 * Events with a standard name, and their typed properties. The documented contract checks them: properties beyond these
 * are free, and so are all other names. Where the documentation shows a property that the shapes in
 * `proto/common/events` lack, or does without one that they require (`feature_used`), the documentation wins.
 */
export const wellKnownEvents: Readonly<Record<string, Readonly<Record<string, PropertyShape>>>> = {
  // api
  api_key_created: { api_key_id: text, name: text, scope: text },
  api_key_revoked: { api_key_id: text, name: text, reason: text },
  // app
  app_open: {},
  app_close: {},
  app_install: { app_version: text, install_source: text },
  app_update: { app_version: required(text), previous_version: text },
  app_backgrounded: {},
  app_foregrounded: {},
  app_crashed: { error_message: text, error_type: text },
  feature_used: { feature_id: text, feature_name: text, is_premium: flag },
  // auth
  signup: { method: text },
  signin: {},
  signout: {},
  email_verified: {},
  password_reset_requested: {},
  password_reset_completed: {},
  mfa_enabled: { method: text },
  mfa_disabled: { method: text },
  login: { method: text },
  // billing
  subscription_started: { subscription_id: required(text), plan_id: text, amount: positive, currency },
  subscription_changed: { subscription_id: required(text), previous_plan_id: text, new_plan_id: text },
  subscription_canceled: { subscription_id: required(text), plan_id: text, reason: text },
  subscription_renewed: { subscription_id: required(text), plan_id: text, amount: positive, currency },
  subscription_paused: { subscription_id: required(text), plan_id: text, reason: text },
  subscription_resumed: { subscription_id: required(text), plan_id: text, reason: text },
  subscription_trial_will_end: { subscription_id: required(text), plan_id: text, trial_id: text },
  invoice_paid: { invoice_id: required(text), subscription_id: text, amount: positive, currency },
  invoice_failed: {
    invoice_id: required(text),
    subscription_id: text,
    amount: positive,
    currency,
    reason: text,
  },
  payment_succeeded: {
    payment_id: text,
    invoice_id: text,
    subscription_id: text,
    amount: positive,
    currency,
  },
  payment_failed: {
    payment_id: text,
    invoice_id: text,
    subscription_id: text,
    amount: positive,
    currency,
    reason: text,
  },
  payment_method_added: { payment_method_id: text, payment_method_type: text },
  payment_method_removed: { payment_method_id: text, payment_method_type: text },
  trial_started: { trial_id: text, plan_id: text },
  trial_converted: { trial_id: text, subscription_id: text, plan_id: text },
  refund_failed: { order_id: required(text), refund_id: text, amount: positive, currency, reason: text },
  // chat
  chat_created: { conversation_id: required(text), conversation_type: text, participant_count: count },
  chat_joined: { conversation_id: required(text), conversation_type: text },
  chat_left: { conversation_id: required(text), conversation_type: text, reason: text },
  chat_deleted: { conversation_id: required(text), conversation_type: text, reason: text },
  chat_archived: { conversation_id: required(text), conversation_type: text },
  chat_unarchived: { conversation_id: required(text), conversation_type: text },
  chat_member_added: { conversation_id: required(text), member_id: required(text), role: text },
  chat_member_removed: { conversation_id: required(text), member_id: required(text), reason: text },
  chat_member_role_changed: {
    conversation_id: required(text),
    member_id: required(text),
    previous_role: text,
    new_role: required(text),
  },
  chat_message_sent: {
    conversation_id: required(text),
    message_id: text,
    conversation_type: text,
    message_type: text,
    character_count: count,
    attachment_count: count,
    thread_id: text,
    parent_message_id: text,
  },
  chat_message_received: {
    conversation_id: required(text),
    message_id: text,
    conversation_type: text,
    message_type: text,
    character_count: count,
    attachment_count: count,
    thread_id: text,
    parent_message_id: text,
  },
  chat_message_failed: {
    conversation_id: required(text),
    message_id: text,
    conversation_type: text,
    reason: required(text),
    thread_id: text,
  },
  chat_message_read: {
    conversation_id: required(text),
    message_id: text,
    conversation_type: text,
    thread_id: text,
  },
  chat_message_deleted: {
    conversation_id: required(text),
    message_id: text,
    conversation_type: text,
    reason: text,
    thread_id: text,
  },
  chat_message_edited: {
    conversation_id: required(text),
    message_id: text,
    conversation_type: text,
    thread_id: text,
  },
  chat_message_pinned: {
    conversation_id: required(text),
    message_id: text,
    conversation_type: text,
    thread_id: text,
  },
  chat_message_unpinned: {
    conversation_id: required(text),
    message_id: text,
    conversation_type: text,
    thread_id: text,
  },
  chat_typing_started: { conversation_id: required(text), conversation_type: text },
  chat_typing_stopped: { conversation_id: required(text), conversation_type: text },
  chat_attachment_uploaded: {
    conversation_id: required(text),
    message_id: text,
    attachment_id: required(text),
    attachment_type: text,
    size_bytes: count,
    thread_id: text,
  },
  chat_attachment_downloaded: {
    conversation_id: required(text),
    message_id: text,
    attachment_id: required(text),
    attachment_type: text,
    size_bytes: count,
    thread_id: text,
  },
  chat_call_started: { conversation_id: required(text), call_id: required(text), call_type: text },
  chat_call_joined: { conversation_id: required(text), call_id: required(text), call_type: text },
  chat_call_left: { conversation_id: required(text), call_id: required(text), call_type: text, duration },
  chat_call_screen_shared: { conversation_id: required(text), call_id: required(text) },
  chat_call_recording_started: { conversation_id: required(text), call_id: required(text) },
  chat_member_muted: { conversation_id: required(text), member_id: required(text), mute_duration: duration },
  chat_user_blocked: { user_id: required(text) },
  chat_reaction_added: {
    conversation_id: required(text),
    message_id: text,
    reaction: required(text),
    thread_id: text,
  },
  chat_reaction_removed: {
    conversation_id: required(text),
    message_id: text,
    reaction: required(text),
    thread_id: text,
  },
  // commerce
  product_viewed: {
    product_id: required(text),
    product_name: text,
    category: text,
    brand: text,
    sku: text,
    price: positive,
    currency,
  },
  product_list_viewed: { list_id: required(text), list_name: text, category: text, item_count: count },
  add_to_cart: {
    product_id: required(text),
    price: positive,
    currency,
    cart_id: text,
    quantity: count,
    category: text,
    brand: text,
    sku: text,
  },
  remove_from_cart: {
    product_id: required(text),
    price: positive,
    currency,
    cart_id: text,
    quantity: count,
    category: text,
    brand: text,
    sku: text,
  },
  cart_viewed: { cart_id: text, item_count: count, amount: positive, currency },
  wishlist_added: { product_id: required(text), wishlist_id: text, price: positive, currency },
  wishlist_removed: { product_id: required(text), wishlist_id: text },
  coupon_applied: {
    coupon_id: required(text),
    coupon_code: text,
    cart_id: text,
    discount_amount: positive,
    currency,
  },
  coupon_removed: { coupon_id: required(text), coupon_code: text, cart_id: text, reason: text },
  checkout_started: {
    product_id: text,
    amount: positive,
    currency,
    cart_id: text,
    checkout_id: text,
    item_count: count,
  },
  checkout_step_completed: { checkout_id: required(text), step: required(text), step_index: count },
  purchase: {
    product_id: text,
    amount: positive,
    currency,
    order_id: text,
    quantity: count,
    category: text,
    brand: text,
    sku: text,
    revenue: number,
  },
  order_refunded: { order_id: required(text), amount: positive, currency, reason: text },
  // discovery
  search: { query: required(text) },
  search_result_clicked: { query: required(text), result_id: required(text), index: count },
  recommendation_viewed: { recommendation_id: required(text), item_id: text, source: text, index: count },
  recommendation_clicked: {
    recommendation_id: required(text),
    item_id: required(text),
    source: text,
    index: count,
  },
  filter_applied: { key: required(text), value: text },
  sort_changed: { key: required(text), direction: text },
  // error
  error_occurred: { error_code: required(text), message: text, severity: text, unhandled: flag, stack: text },
  // file
  file_uploaded: { file_id: required(text), file_name: text, file_type: text, size_bytes: count },
  file_downloaded: { file_id: required(text), file_name: text, file_type: text, size_bytes: count },
  export_started: { export_id: required(text), export_type: text },
  export_completed: { export_id: required(text), export_type: text, size_bytes: count },
  // form
  form_start: { form_id: required(text), form_name: text },
  form_submit: { form_id: required(text), form_name: text, action: text },
  // integration
  integration_connected: { integration_id: text, integration_type: required(text) },
  integration_disconnected: { integration_id: text, integration_type: required(text), reason: text },
  // invitation
  invite_sent: {
    invite_id: text,
    workspace_id: text,
    inviter_id: text,
    invitee_id: text,
    invitee_email: text,
    role: text,
  },
  invite_accepted: {
    invite_id: text,
    workspace_id: text,
    inviter_id: text,
    invitee_id: text,
    invitee_email: text,
    role: text,
  },
  // media
  video_started: { video_id: required(text) },
  video_play: { video_id: required(text), position: duration },
  video_pause: { video_id: required(text), position: duration },
  video_seeked: { video_id: required(text), from_position: duration, to_position: duration },
  video_completed: { video_id: required(text) },
  audio_started: { audio_id: required(text) },
  audio_play: { audio_id: required(text), position: duration },
  audio_pause: { audio_id: required(text), position: duration },
  audio_seeked: { audio_id: required(text), from_position: duration, to_position: duration },
  audio_completed: { audio_id: required(text) },
  // navigation
  page_view: { path: text, title: text },
  screen_view: { screen_name: required(text), screen_class: text },
  click: { class: text, id: text, tag: text, text, x: whole, y: whole },
  rage_click: { click_count: severalTimes, element: text, x: whole, y: whole },
  dead_click: { element: text, text, x: whole, y: whole },
  scroll: { percent, scroll_y: count },
  // notification
  notification_received: { campaign_id: required(text), notification_type: text },
  notification_clicked: { campaign_id: required(text), notification_type: text },
  notification_dismissed: { campaign_id: required(text), notification_type: text },
  // social
  share: {},
  // support
  feedback_submitted: { feedback_id: text, category: text, comment: text },
  nps_submitted: { score, comment: text },
  survey_started: { survey_id: required(text) },
  survey_completed: { survey_id: required(text), question_count: count },
  support_ticket_created: { ticket_id: required(text), category: text, priority: text },
  support_ticket_resolved: { ticket_id: required(text), resolution: text },
  support_chat_started: { conversation_id: required(text), topic: text },
  help_article_viewed: { article_id: required(text), article_title: text, category: text },
  // workspace
  workspace_created: { workspace_id: required(text), workspace_name: text },
  workspace_joined: { workspace_id: required(text), role: text },
  workspace_deleted: { workspace_id: required(text), reason: text },
  workspace_role_changed: {
    workspace_id: required(text),
    member_id: required(text),
    previous_role: text,
    new_role: required(text),
  },
  workspace_settings_updated: { workspace_id: required(text), setting: required(text) },
};
