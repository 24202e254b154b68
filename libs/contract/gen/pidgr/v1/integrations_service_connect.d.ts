export { IntegrationsService } from './integrations_service_pb.js';
