/** Coordinate systems in WKT as GDAL, Esri's programs and PROJ write them: at GDAL's place. */
import assert from "node:assert/strict";
import { DataError } from "../../src/core/mod.ts";
import { besideReference } from "../../src/tiles/workstation/tile_import/projection/geotiff_reference.ts";

interface Row {
  readonly wkt: string;
  /** Of the first corner, in the system. */
  readonly x: number;
  readonly y: number;
  /** As GDAL 3.6 has it. */
  readonly longitudeDeg: number;
  readonly latitudeDeg: number;
}

const ROWS: Readonly<Record<string, Row>> = {
  "Esri's polar stereographic (was 2,180 km off)": {
    wkt:
      'PROJCS["WGS_1984_NSIDC_Sea_Ice_Polar_Stereographic_North",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHERO' +
      'ID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJEC' +
      'TION["Stereographic_North_Pole"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER' +
      '["Central_Meridian",-45.0],PARAMETER["Standard_Parallel_1",70.0],UNIT["Meter",1.0]]',
    x: 0.0,
    y: -1633879.0,
    longitudeDeg: -45.0,
    latitudeDeg: 75.0000045,
  },
  "Esri's Mercator with a standard parallel (was 134 m off)": {
    wkt:
      'PROJCS["SIRGAS_2000_Brazil_Mercator",GEOGCS["GCS_SIRGAS_2000",DATUM["D_SIRGAS_2000",SPHEROID["GRS_1980",6' +
      '378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator"' +
      '],PARAMETER["False_Easting",5000000.0],PARAMETER["False_Northing",10000000.0],PARAMETER["Central_Meridian' +
      '",-43.0],PARAMETER["Standard_Parallel_1",-2.0],UNIT["Meter",1.0]]',
    x: 5000000.0,
    y: 9778940.0,
    longitudeDeg: -43.0,
    latitudeDeg: -1.9999979,
  },
  "Esri's Mercator with a scale, as a parallel (was 2.2 km off)": {
    wkt:
      'PROJCS["unknown",GEOGCS["GCS_unknown",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PR' +
      'IMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator"],PARAMETER["False_Easting"' +
      ',3900000.0],PARAMETER["False_Northing",900000.0],PARAMETER["Central_Meridian",110.0],PARAMETER["Standard_' +
      'Parallel_1",4.45409622325517],UNIT["Meter",1.0]]',
    x: 3567043.0,
    y: 237316.0,
    longitudeDeg: 106.9999964,
    latitudeDeg: -6.0000019,
  },
  "GGRS87, whose ellipsoid is that of GRS80 (was 325 m off)": {
    wkt:
      'PROJCS["Greek_Grid",GEOGCS["GCS_GGRS_1987",DATUM["D_GGRS_1987",SPHEROID["GRS_1980",6378137.0,298.25722210' +
      '1]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETE' +
      'R["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",24.0],PARAMETER[' +
      '"Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
    x: 473511.0,
    y: 4205570.0,
    longitudeDeg: 23.6999991,
    latitudeDeg: 38.0000039,
  },
  "Esri, Paris, grads": {
    wkt:
      'PROJCS["NTF_Paris_Lambert_Zone_II",GEOGCS["GCS_NTF_Paris",DATUM["D_NTF",SPHEROID["Clarke_1880_IGN",637824' +
      '9.2,293.466021293627]],PRIMEM["Paris",2.33722917],UNIT["Grad",0.0157079632679489]],PROJECTION["Lambert_Co' +
      'nformal_Conic"],PARAMETER["False_Easting",600000.0],PARAMETER["False_Northing",2200000.0],PARAMETER["Cent' +
      'ral_Meridian",0.0],PARAMETER["Standard_Parallel_1",52.0],PARAMETER["Scale_Factor",0.99987742],PARAMETER["' +
      'Latitude_Of_Origin",52.0],UNIT["Meter",1.0]]',
    x: 597322.0,
    y: 2433525.0,
    longitudeDeg: 2.2999998,
    latitudeDeg: 48.8999956,
  },
  "Swiss LV95 of Esri": {
    wkt:
      'PROJCS["CH1903+_LV95",GEOGCS["GCS_CH1903+",DATUM["D_CH1903+",SPHEROID["Bessel_1841",6377397.155,299.15281' +
      '28]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Hotine_Oblique_Mercator_Azimu' +
      'th_Center"],PARAMETER["False_Easting",2600000.0],PARAMETER["False_Northing",1200000.0],PARAMETER["Scale_F' +
      'actor",1.0],PARAMETER["Azimuth",90.0],PARAMETER["Longitude_Of_Center",7.43958333333333],PARAMETER["Latitu' +
      'de_Of_Center",46.9524055555556],UNIT["Meter",1.0]]',
    x: 2642695.0,
    y: 1205591.0,
    longitudeDeg: 7.9999945,
    latitudeDeg: 47.0000043,
  },
  "Esri's Krovak, east and north": {
    wkt:
      'PROJCS["S-JTSK_Krovak_East_North",GEOGCS["GCS_S_JTSK",DATUM["D_S_JTSK",SPHEROID["Bessel_1841",6377397.155' +
      ',299.1528128]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Krovak"],PARAMETER[' +
      '"False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Pseudo_Standard_Parallel_1",78.5],PARAMET' +
      'ER["Scale_Factor",0.9999],PARAMETER["Azimuth",30.28813975277778],PARAMETER["Longitude_Of_Center",24.83333' +
      '333333333],PARAMETER["Latitude_Of_Center",49.5],PARAMETER["X_Scale",-1.0],PARAMETER["Y_Scale",1.0],PARAME' +
      'TER["XY_Plane_Rotation",90.0],UNIT["Meter",1.0]]',
    x: -703012.0,
    y: -1058147.0,
    longitudeDeg: 14.9999979,
    latitudeDeg: 50.0000023,
  },
  "oblique Mercator of Esri (was refused)": {
    wkt:
      'PROJCS["unknown",GEOGCS["GCS_unknown",DATUM["D_Unknown_based_on_GRS80_ellipsoid",SPHEROID["GRS_1980",6378' +
      '137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Rectified_Sk' +
      'ew_Orthomorphic_Natural_Origin"],PARAMETER["False_Easting",804670.24],PARAMETER["False_Northing",0.0],PAR' +
      'AMETER["Scale_Factor",0.99984],PARAMETER["Azimuth",-36.9742095],PARAMETER["Longitude_Of_Center",102.25],P' +
      'ARAMETER["Latitude_Of_Center",4.0],PARAMETER["XY_Plane_Rotation",-36.8698977],UNIT["Meter",1.0]]',
    x: 445072.0,
    y: 442509.0,
    longitudeDeg: 102.0000041,
    latitudeDeg: 4.0000006,
  },
  "Esri's Lambert of one parallel": {
    wkt:
      'PROJCS["unknown",GEOGCS["GCS_unknown",DATUM["D_Unknown_based_on_GRS80_ellipsoid",SPHEROID["GRS_1980",6378' +
      '137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conf' +
      'ormal_Conic"],PARAMETER["False_Easting",600000.0],PARAMETER["False_Northing",200000.0],PARAMETER["Central' +
      '_Meridian",2.0],PARAMETER["Standard_Parallel_1",46.5],PARAMETER["Scale_Factor",0.9998],PARAMETER["Latitud' +
      'e_Of_Origin",46.5],UNIT["Meter",1.0]]',
    x: 677449.0,
    y: 144923.0,
    longitudeDeg: 3.0000044,
    latitudeDeg: 46.0000038,
  },
  "a system of heights behind it": {
    wkt:
      'PROJCS["ETRS_1989_UTM_Zone_32N",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,' +
      '298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercato' +
      'r"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",9.0]' +
      ',PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]],VERTCS["DHHN2016' +
      '_(height)",VDATUM["Deutsches_Haupthoehennetz_2016"],PARAMETER["Vertical_Shift",0.0],PARAMETER["Direction"' +
      ',1.0],UNIT["Meter",1.0]]',
    x: 500000.0,
    y: 5538631.0,
    longitudeDeg: 9.0,
    latitudeDeg: 50.0000027,
  },
  "equidistant cylindrical, WKT 2 (was 84 km off)": {
    wkt:
      'PROJCRS["unknown",BASEGEOGCRS["unknown",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298' +
      '.257223563,LENGTHUNIT["metre",1]],ID["EPSG",6326]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.017453292519' +
      '9433],ID["EPSG",8901]]],CONVERSION["unknown",METHOD["Equidistant Cylindrical",ID["EPSG",1028]],PARAMETER[' +
      '"Latitude of 1st standard parallel",40,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8823]],PARAMETER[' +
      '"Longitude of natural origin",10,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["False' +
      ' easting",0,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID[' +
      '"EPSG",8807]]],CS[Cartesian,2],AXIS["(E)",east,ORDER[1],LENGTHUNIT["metre",1,ID["EPSG",9001]]],AXIS["(N)"' +
      ',north,ORDER[2],LENGTHUNIT["metre",1,ID["EPSG",9001]]]]',
    x: 426378.0,
    y: 5565975.0,
    longitudeDeg: 14.9999955,
    latitudeDeg: 50.0000041,
  },
  "web mercator by GDAL's extension": {
    wkt:
      'PROJCS["WGS 84 / Pseudo-Mercator",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.25722356' +
      '3,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT' +
      '["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]],PROJECTION["Mercator_1SP' +
      '"],PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["fa' +
      'lse_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],EXT' +
      'ENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids' +
      '=@null +wktext +no_defs"]]',
    x: 1669792.0,
    y: 6446276.0,
    longitudeDeg: 14.9999967,
    latitudeDeg: 50.0000009,
  },
  "degrees from Paris (were 20 km off in WKT 2)": {
    wkt:
      'GEOGCS["unknown",DATUM["Unknown based on Clarke 1880 (IGN). ellipsoid using towgs84=-168,-60,320",SPHEROI' +
      'D["Clarke 1880 (IGN).",6378249.2,293.466021293627],TOWGS84[-168,-60,320,0,0,0,0]],PRIMEM["Paris",2.337229' +
      '17,AUTHORITY["EPSG","8903"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Longitude",' +
      'EAST],AXIS["Latitude",NORTH]]',
    x: 0.663430802162171,
    y: 46.00003695846097,
    longitudeDeg: 3.0,
    latitudeDeg: 46.0,
  },
  "Paris, grads, WKT 2": {
    wkt:
      'PROJCRS["NTF (Paris) / Lambert zone II",BASEGEOGCRS["NTF (Paris)",DATUM["Nouvelle Triangulation Francaise' +
      ' (Paris)",ELLIPSOID["Clarke 1880 (IGN)",6378249.2,293.466021293627,LENGTHUNIT["metre",1]]],PRIMEM["Paris"' +
      ',2.5969213,ANGLEUNIT["grad",0.0157079632679489]],ID["EPSG",4807]],CONVERSION["Lambert zone II",METHOD["La' +
      'mbert Conic Conformal (1SP)",ID["EPSG",9801]],PARAMETER["Latitude of natural origin",52,ANGLEUNIT["grad",' +
      '0.0157079632679489],ID["EPSG",8801]],PARAMETER["Longitude of natural origin",0,ANGLEUNIT["grad",0.0157079' +
      '632679489],ID["EPSG",8802]],PARAMETER["Scale factor at natural origin",0.99987742,SCALEUNIT["unity",1],ID' +
      '["EPSG",8805]],PARAMETER["False easting",600000,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False n' +
      'orthing",2200000,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],AXIS["easting (X)",east,ORDER[1]' +
      ',LENGTHUNIT["metre",1]],AXIS["northing (Y)",north,ORDER[2],LENGTHUNIT["metre",1]],USAGE[SCOPE["Engineerin' +
      'g survey, topographic mapping."],AREA["France mainland onshore between 50.5 grads and 53.5 grads North (4' +
      '5°27\'N to 48°09\'N). Also used over all onshore mainland France."],BBOX[42.33,-4.87,51.14,8.23]],ID["EPSG"' +
      ",27572]]",
    x: 597322.0,
    y: 2433525.0,
    longitudeDeg: 2.2999998,
    latitudeDeg: 48.8999956,
  },
};

function referenceOf(wkt: string, x: number, y: number) {
  const size = wkt.startsWith("GEOG") ? 5e-6 : 0.5;
  const world = { a: x, b: size, c: 0, d: y, e: 0, f: -size };
  const beside = { auxiliary: { transform: null, wkt: null }, world, wkt };
  const found = besideReference("a.png", beside, { widthPx: 100, heightPx: 80 });
  assert.ok(found);
  return found;
}

Deno.test("WKT of all kinds: within half a metre of GDAL, or the error that is told", () => {
  for (const [name, { wkt, x, y, longitudeDeg, latitudeDeg }] of Object.entries(ROWS)) {
    const { reference, notes } = referenceOf(wkt, x, y);
    const found = reference.wgsFromPixel(0, 0);
    const eastM = (found.longitudeDeg - longitudeDeg) * Math.cos(latitudeDeg * Math.PI / 180);
    const awayM = 111_320 * Math.hypot(eastM, found.latitudeDeg - latitudeDeg);
    assert.ok(awayM < 0.5, `${name}: ${awayM} m away (${notes})`);
    const back = reference.pixelFromWgs(found.latitudeDeg, found.longitudeDeg);
    assert.ok(Math.hypot(...back) < 0.05, `${name}: leads back to ${back}`);
  }
});

Deno.test("WKT that is not read is refused with its name", () => {
  const geographic = 'GEOGCS["a",DATUM["WGS_1984",SPHEROID["b",6378137,298.257223563]],' +
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]';
  const projected = (more: string) => `PROJCS["P",${geographic},${more},UNIT["metre",1]]`;
  for (
    const [wkt, words] of [
      ["EPSG:25832", /no well-known text/],
      ['LOCAL_CS["site"]', /"site" is a LOCAL_CS/],
      [projected('PROJECTION["Mollweide"]'), /"P" cannot be read: it is Mollweide/],
      [
        projected('PROJECTION["Transverse_Mercator"],PARAMETER["twist",3]'),
        /cannot be read: parameter twist/,
      ],
      [
        projected('PROJECTION["Krovak"],PARAMETER["latitude_of_center",40]'),
        /the parameters of its Krovak are unusual/,
      ],
      [
        geographic.replace("WGS_1984", "D_Our_Mine"),
        /datum whose difference from WGS84 is not known/,
      ],
    ] as const
  ) {
    assert.throws(
      () => referenceOf(wkt, 13, 50),
      (error) => error instanceof DataError && words.test(error.message),
      `${words}`,
    );
  }
});
