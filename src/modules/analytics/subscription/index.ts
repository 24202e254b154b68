export { SubscriptionModule } from './subscription.module.js';
export { Subscriptions } from './subscriptions.service.js';
