export { type PostAddressee, type WebhookPayload, webhookOutcome } from './webhook.js';
export { WebhookModule } from './webhook.module.js';
export { deliverTask, settledTask, WebhookCalls } from './webhook-calls.service.js';
export { postTask, WebhookPosts } from './webhook-posts.service.js';
