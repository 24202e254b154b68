export { TemplateService } from './template_pb.js';
