package conntype

// samples are the connections that Airflow makes itself with a placeholder in them, or
// of a type that no current provider has (`airflow connections create-default-connections`,
// and every new database where load_default_connections is on; 2.3 to 3.3).
var samples = [...][2]string{
	{"azure_batch_default", "azure_batch"}, {"azure_cosmos_default", "azure_cosmos"}, {"azure_data_explorer_default", "azure_data_explorer"},
	{"azure_data_lake_default", "azure_data_lake"}, {"facebook_default", "facebook_social"}, {"oss_default", "oss"}, {"qubole_default", "qubole"},
	{"redshift_default", "redshift"}, {"sqoop_default", "sqoop"}, {"tabular_default", "tabular"}, {"webhdfs_default", "hdfs"},
}

// IsSample reports whether a connection has the id and the type of such a one.
func IsSample(id, connType string) bool {
	for _, s := range samples {
		if s[0] == id && s[1] == connType {
			return true
		}
	}
	return false
}
