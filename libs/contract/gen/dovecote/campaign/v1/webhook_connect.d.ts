export { WebhookService } from './webhook_pb.js';
