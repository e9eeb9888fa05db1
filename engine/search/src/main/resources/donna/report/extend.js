(function () {
  'use strict';
  const {data: e, css, percent, plot, point, diagonal, draw} = page;

  const front = (name, color, points) => ({
    name: name, type: 'line', step: 'end', symbol: 'circle', symbolSize: 5, lineStyle: {width: 1.5, color: color}, itemStyle: {color: color},
    data: points.map(p => point(p.cost, percent(p.predictedTop1), [p.architecture, `predicted ${percent(p.predictedTop1).toFixed(2)} %`,
      `${p.cost.toFixed(3)} ms`])),
  });

  const fronts = () => plot('latency, ms', 'predicted top-1, %', [
    front('with the new candidates', css('front'), e.after),
    front('without', css('dots'), e.before),
  ]);

  function checks() {
    const bars = e.checks.flatMap(c => [[percent(c.lowTop1), percent(c.top1)], [percent(c.highTop1), percent(c.top1)], [null, null]]);
    return plot('predicted, %', 'measured, %', [
      diagonal(e.checks.flatMap(c => [percent(c.top1), percent(c.predictedTop1)])),
      {name: 'interval', type: 'line', symbol: 'none', silent: true, lineStyle: {color: css('dots'), width: 1.5}, itemStyle: {color: css('dots')}, data: bars},
      {
        name: 'architecture of new candidates', type: 'scatter', symbolSize: 9, itemStyle: {color: css('picks')},
        data: e.checks.map(c => point(percent(c.predictedTop1), percent(c.top1), [c.architecture, `measured ${percent(c.top1).toFixed(2)} %`,
          `predicted ${percent(c.predictedTop1).toFixed(2)} %`])),
      },
    ]);
  }

  draw({fronts, checks});
})();
