import preset from '../../jest.preset.mjs';

export default { ...preset, displayName: 'anomaly-detector', rootDir: import.meta.dirname };
