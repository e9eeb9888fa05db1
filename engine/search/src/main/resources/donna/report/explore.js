(function () {
  'use strict';
  const {data: e, css, palette, percent, plot, point, draw} = page;
  const units = {latencyMs: ['latency, ms', 1], macs: ['MACs, millions', 1e-6], params: ['parameters, thousands', 1e-3]};
  const [title, scale] = units[e.cost];
  const SHOWN = 6;

  const line = (name, color, width, type, front) => ({
    name: name, type: 'line', step: 'end', symbol: 'circle', symbolSize: width > 2 ? 5 : 3,
    lineStyle: {width: width, color: color, type: type}, itemStyle: {color: color},
    data: front.map(p => point(scale * p.cost, percent(p.predictedTop1), [name, p.architecture, `predicted ${percent(p.predictedTop1).toFixed(2)} %`,
      `${(scale * p.cost).toPrecision(4)} ${title}`])),
  });

  function fronts() {
    const parts = e.parts.filter(p => p.front.length > 0);
    const colors = palette().slice(1);
    const option = plot(title, 'predicted top-1, %', [
      ...parts.map((p, i) => line(p.condition, colors[i % colors.length], 1.5, i < colors.length ? 'solid' : 'dashed', p.front)),
      line('the whole space', css('front'), 3, 'solid', e.whole),
    ]);
    option.legend.selected = Object.fromEntries(parts.slice(SHOWN).map(p => [p.condition, false]));
    option.legend.type = 'scroll';
    return option;
  }

  draw({fronts});
})();
